import { type RawData, WebSocket } from 'ws';

/** What a socket is to the gateway at a time: somebody at the door, or an open connection. */
export interface Stage {
  /** A frame has come. */
  receive(data: RawData, isBinary: boolean): void;
  /** The other side has answered a ping. */
  heard(): void;
  /** The socket is gone. */
  left(): void;
}

/** The part of ws that has no public name: the limit that its reader keeps. */
interface Reader {
  _receiver: { _maxPayload: number };
}

/** A WebSocket that knows its stage. A property in place of closures: an idle socket costs next to nothing more. */
export class DoorSocket extends WebSocket {
  stage: Stage;
  /** Called when it has closed. */
  onGone?: (socket: DoorSocket) => void;

  get isOpen(): boolean {
    return this.readyState === WebSocket.OPEN;
  }

  /** Lets longer frames in. ws has no public way to do it on an open socket; were this one gone, the limit would stay. */
  allowPayload(bytes: number): void {
    (this as unknown as Reader)._receiver._maxPayload = bytes;
  }

  /** Hands what happens to the stage. One set of listeners for all sockets. */
  listen(): void {
    this.on('message', onMessage).on('pong', onPong).on('close', onClose).on('error', onError);
  }
}

/** A socket that is being closed may still deliver frames; nobody answers them any more. */
function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  const socket = this as DoorSocket;
  if (socket.isOpen) socket.stage.receive(data, isBinary);
}

function onPong(this: WebSocket): void {
  (this as DoorSocket).stage.heard();
}

function onClose(this: WebSocket): void {
  const socket = this as DoorSocket;
  socket.stage.left();
  socket.onGone?.(socket);
}

/** ws reports a broken frame here and closes by itself: 1002, 1007, 1009. Without a listener it would throw. */
function onError(): void {}
