import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { INestApplication } from '@nestjs/common';
import { WsAdapter as NestWsAdapter } from '@nestjs/platform-ws';
import { type ServerOptions, WebSocketServer } from 'ws';
import { Refused } from '../kernel/errors.js';
import { Seats } from '../kernel/seats.js';
import { DoorSocket } from './door-socket.js';
import { asRefused } from './faults.js';
import { Handshake } from './handshake.js';
import { answerPlainly, isPlain } from './plain-request.js';
import { CLOSE, MAX_PAYLOAD_BEFORE_CONNECT } from './protocol.js';
import { Reception } from './reception.js';
import { UpgradeCheck } from './upgrade-check.js';
import { refuseUpgrade } from './upgrade-refusal.js';
import type { Place } from './waiting-room.js';

/** How long the other side may take to answer a close frame; then it is cut off. */
const CLOSE_TIMEOUT_MS = 5_000;

const OPTIONS: ServerOptions & { closeTimeout: number } = {
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: MAX_PAYLOAD_BEFORE_CONNECT,
  closeTimeout: CLOSE_TIMEOUT_MS,
};

/**
 * Lets Nest's gateway speak through our sockets: Nest starts them and ends them, and hears nothing of what is said. The
 * stock adapter would build an rxjs pipeline for every socket and drop unknown frames without a word.
 */
export class WsAdapter extends NestWsAdapter {
  private readonly check: UpgradeCheck;
  private readonly reception: Reception;
  private readonly server: Server;
  private sockets?: WebSocketServer;
  /** All that are open, known or not. ws would keep them in a `Set`. */
  private readonly open = new Seats<DoorSocket>();
  private onEmpty?: () => void;

  constructor(app: INestApplication) {
    super(app);
    this.check = app.get(UpgradeCheck);
    this.reception = app.get(Reception);
    this.server = app.getHttpServer() as Server;
  }

  /** Called by Nest for the gateway: the port is that of the HTTP server. */
  override create(): WebSocketServer {
    this.sockets ??= this.listen();
    return this.sockets;
  }

  /** Nest is told of no socket, and so has none to bind anything to. */
  override bindMessageHandlers(): void {}

  /** Nest's own bookkeeping of leaving clients is not used: the stage hears of it. */
  override bindClientDisconnect(): void {}

  /** Tells every client that the service restarts, known or not, and waits until all are gone. */
  override close(sockets: WebSocketServer): Promise<void> {
    this.server.off('upgrade', this.onUpgrade);
    for (const socket of this.open.values()) socket.close(CLOSE.serviceRestart, 'service restart');
    return new Promise((resolve) => {
      this.onEmpty = () => sockets.close(() => resolve());
      if (this.open.size === 0) this.onEmpty();
    });
  }

  /** Cuts off whoever is still there. */
  terminate(): void {
    for (const socket of this.open.values()) socket.terminate();
  }

  private listen(): WebSocketServer {
    const sockets = new WebSocketServer({ ...OPTIONS, WebSocket: DoorSocket });
    sockets.on('wsClientError', (error, socket) => {
      const refused = new Refused('invalid_request', { message: error.message });
      refuseUpgrade(socket, refused, randomUUID());
    });
    this.server.on('upgrade', this.onUpgrade);
    return sockets;
  }

  private readonly onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', destroy);
    if (isPlain(request)) return answerPlainly(this.server, request, socket);
    const id = randomUUID();
    try {
      this.upgrade(id, this.check.admit(request, id), request, socket, head);
    } catch (error) {
      refuseUpgrade(socket, asRefused(error, this.reception.log, { requestId: id }), id);
    }
  };

  private readonly onGone = (socket: DoorSocket): void => {
    this.open.leave(socket);
    if (this.open.size === 0) this.onEmpty?.();
  };

  private upgrade(id: string, place: Place, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    let door: DoorSocket | undefined;
    // The answer to the upgrade and the challenge leave in one packet.
    socket.cork();
    this.sockets!.handleUpgrade(request, socket, head, (client) => {
      door = client as DoorSocket;
      const handshake = new Handshake(id, door, request, place, this.reception);
      door.stage = handshake;
      door.onGone = this.onGone;
      this.open.take(door);
      door.listen();
      handshake.challenge();
    });
    socket.uncork();
    if (door) socket.off('error', destroy);
    else this.reception.room.leave(place);
  }
}

function destroy(this: Duplex): void {
  this.destroy();
}
