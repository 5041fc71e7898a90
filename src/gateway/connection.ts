import type { RawData } from 'ws';
import type { Stay, StayEnd } from '../auth/stays.js';
import type { Identity } from '../kernel/identity.js';
import type { Dialect } from './dialects/dialect.js';
import type { DoorSocket, Stage } from './door-socket.js';
import type { NodeStanding } from './node-abilities.js';
import { CLOSE } from './protocol.js';
import type { Switchboard } from './switchboard.js';

/** Which program is at the other end, in its own words. */
export interface ClientInfo {
  readonly id: string;
  readonly version?: string;
  readonly platform?: string;
  readonly mode?: string;
  readonly displayName?: string;
}

/** A socket whose caller is known. */
export class Connection implements Stage, Stay {
  /** Set before it is registered, for a node. */
  node?: NodeStanding;
  private seq = 0;
  private pinged = false;

  constructor(
    readonly id: string,
    private readonly socket: DoorSocket,
    readonly identity: Identity,
    readonly dialect: Dialect,
    readonly client: ClientInfo,
    /** Milliseconds since the epoch. */
    readonly since: number,
    private readonly switchboard: Switchboard,
  ) {}

  receive(data: RawData, isBinary: boolean): void {
    this.pinged = false;
    this.switchboard.take(this, data, isBinary);
  }

  heard(): void {
    this.pinged = false;
  }

  left(): void {
    this.switchboard.connections.remove(this);
  }

  /** Sends a frame. A client that lets more than `maxBufferedBytes` pile up is cut off: it does not read. */
  send(frame: string): void {
    if (!this.socket.isOpen) return;
    this.socket.send(frame);
    if (this.socket.bufferedAmount > this.switchboard.maxBufferedBytes) this.socket.terminate();
  }

  /** Sends an event, numbered so that a client notices a gap. */
  emit(event: string, payload: unknown): void {
    this.seq += 1;
    this.send(this.dialect.event(event, payload, this.seq));
  }

  /** The credential has gone, or the gateway goes: `Stays` says so. */
  end(why: StayEnd): void {
    if (why === 'shutdown') return this.close(CLOSE.serviceRestart, 'service restart');
    this.close(CLOSE.policy, `unauthorized: credential ${why}`);
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }

  /** Asks for a sign of life. Cuts the connection when the last question is still open (S212). */
  probe(): void {
    if (this.pinged) return this.socket.terminate();
    this.pinged = true;
    if (this.socket.isOpen) this.socket.ping();
  }
}
