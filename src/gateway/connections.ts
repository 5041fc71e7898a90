import { Injectable } from '@nestjs/common';
import { Stays } from '../auth/stays.js';
import { Refused } from '../kernel/errors.js';
import { KeyIndex } from '../kernel/key-index.js';
import { Seats } from '../kernel/seats.js';
import { ConnectedDevices } from '../pairing/connected-devices.js';
import type { Connection } from './connection.js';
import { Pulse } from './pulse.js';

/** All open connections. `Stays` of auth finds those that have to go. */
@Injectable()
export class Connections {
  private readonly all = new Seats<Connection>();
  private readonly byCredential = new KeyIndex(this.all);
  private readonly byDevice = new KeyIndex(this.all);
  private changes = 0;

  constructor(
    private readonly stays: Stays,
    private readonly pulse: Pulse,
    private readonly devices: ConnectedDevices,
  ) {}

  get size(): number {
    return this.all.size;
  }

  /** Another number whenever somebody has come or gone. */
  get version(): number {
    return this.changes;
  }

  /** Note it before a caller is judged, and show it to `register` afterwards. */
  get epoch(): number {
    return this.stays.epoch;
  }

  /**
   * Takes a connection in. Throws Refused when something about its caller was revoked since `epoch` (S234), or when its
   * credential has `most` connections already (S212).
   */
  register(connection: Connection, epoch: number, most: number): void {
    const { credential, deviceId } = connection.identity;
    this.stays.check(connection.identity, epoch);
    if (this.byCredential.count(credential) >= most) {
      throw new Refused('too_many_connections', { message: 'too many connections of one credential' });
    }
    this.stays.add(connection, epoch);
    const seat = this.all.take(connection);
    this.changes += 1;
    this.byCredential.add(credential, seat);
    if (deviceId !== undefined) this.byDevice.add(deviceId, seat);
    this.noteDevice(deviceId);
    this.pulse.add(connection);
  }

  remove(connection: Connection): void {
    const seat = this.all.leave(connection);
    if (seat === undefined) return;
    this.changes += 1;
    const { credential, deviceId } = connection.identity;
    this.stays.remove(connection);
    this.byCredential.remove(credential, seat);
    if (deviceId !== undefined) this.byDevice.remove(deviceId, seat);
    this.noteDevice(deviceId);
    this.pulse.remove(connection);
  }

  /** Tells who lists devices whether this one is connected here, and what it says that it can do as a node. */
  private noteDevice(deviceId: string | undefined): void {
    if (deviceId === undefined) return;
    const open = this.byDevice.find(deviceId);
    if (open.length === 0) return this.devices.left(deviceId);
    this.devices.arrived(deviceId, open.find(({ node }) => node)?.node?.declares);
  }

  [Symbol.iterator](): IterableIterator<Connection> {
    return this.all.values();
  }
}
