import { Injectable } from '@nestjs/common';
import { Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import { ConnectedDevices } from '../pairing/connected-devices.js';
import type { Connection } from './connection.js';
import { Expiries } from './expiries.js';
import { KeyIndex } from './key-index.js';
import { CLOSE } from './protocol.js';
import { Pulse } from './pulse.js';
import { type ConnectionKey, type Ended, Revocations } from './revocations.js';

/** All open connections, to be found by whatever may end them. */
@Injectable()
export class Connections {
  private readonly all = new Set<Connection>();
  private readonly revocations = new Revocations();
  private readonly index: Readonly<Record<ConnectionKey, KeyIndex<Connection>>> = {
    credential: new KeyIndex(),
    device: new KeyIndex(),
    user: new KeyIndex(),
    tenant: new KeyIndex(),
    session: new KeyIndex(),
  };

  constructor(
    private readonly pulse: Pulse,
    private readonly expiries: Expiries,
    private readonly devices: ConnectedDevices,
  ) {}

  get size(): number {
    return this.all.size;
  }

  /** Note it before a caller is judged, and show it to `register` afterwards. */
  get epoch(): number {
    return this.revocations.epoch;
  }

  /**
   * Takes a connection in. Throws Refused when something about its caller was revoked since `epoch` (S234), or when its
   * credential has `most` connections already (S212).
   */
  register(connection: Connection, epoch: number, most: number): void {
    const { identity } = connection;
    if (this.revocations.since(epoch, identity)) {
      const code = identity.method === 'device-token' ? 'device_token_revoked' : 'token_revoked';
      throw new Refused(code, { reason: 'revoked while it was being judged' });
    }
    if (this.index.credential.count(identity.credential) >= most) {
      throw new Refused('too_many_connections', { message: 'too many connections of one credential' });
    }
    this.all.add(connection);
    for (const key of KEYS) {
      const value = keyOf(identity, key);
      if (value !== undefined) this.index[key].add(value, connection);
    }
    this.noteDevice(identity.deviceId);
    this.pulse.add(connection);
    if (identity.expiresAt !== undefined) this.expiries.add(connection, identity.expiresAt);
  }

  remove(connection: Connection): void {
    if (!this.all.delete(connection)) return;
    const { identity } = connection;
    for (const key of KEYS) {
      const value = keyOf(identity, key);
      if (value !== undefined) this.index[key].remove(value, connection);
    }
    this.noteDevice(identity.deviceId);
    this.pulse.remove(connection);
    if (identity.expiresAt !== undefined) this.expiries.remove(connection, identity.expiresAt);
  }

  /** Tells who lists devices whether this one is connected here, and what it says that it can do as a node. */
  private noteDevice(deviceId: string | undefined): void {
    if (deviceId === undefined) return;
    const open = this.index.device.find(deviceId);
    if (open.length === 0) return this.devices.left(deviceId);
    this.devices.arrived(deviceId, open.find(({ node }) => node)?.node?.declares);
  }

  /**
   * Closes every connection of a credential, device, user, tenant or sign-in, and those of it that are being judged right now.
   * Returns how many were open.
   */
  close(
    key: ConnectionKey,
    value: string,
    code: number = CLOSE.policy,
    reason = 'unauthorized: credential revoked',
  ): number {
    this.revocations.add((identity) => keyOf(identity, key) === value);
    const found = this.index[key].find(value);
    for (const connection of found) connection.close(code, reason);
    return found.length;
  }

  /** As `close`, for what no single key names. Looks at every connection: for rare events. */
  closeWhere(ended: Ended, code: number = CLOSE.policy, reason = 'unauthorized: credential revoked'): void {
    this.revocations.add(ended);
    for (const connection of this.all) if (ended(connection.identity)) connection.close(code, reason);
  }

  closeAll(code: number, reason: string): void {
    for (const connection of this.all) connection.close(code, reason);
  }

  [Symbol.iterator](): IterableIterator<Connection> {
    return this.all.values();
  }
}

const KEYS: readonly ConnectionKey[] = ['credential', 'device', 'user', 'tenant', 'session'];

function keyOf(identity: Identity, key: ConnectionKey): string | undefined {
  switch (key) {
    case 'credential':
      return identity.credential;
    case 'device':
      return identity.deviceId;
    case 'user':
      return identity.userId;
    case 'tenant':
      return identity.tenantId;
    case 'session':
      return identity.sessionId;
  }
}
