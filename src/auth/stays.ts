import { Injectable } from '@nestjs/common';
import { Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import { KeyIndex } from '../kernel/key-index.js';
import { Seats } from '../kernel/seats.js';
import { Expiries } from './expiries.js';
import { type Ended, Revocations } from './revocations.js';

/** By what is found who has to go when something about a caller changes. */
export type StayKey = 'credential' | 'device' | 'user' | 'tenant' | 'session';

/** Why it may go on no longer: its credential has ended, or the gateway stops. */
export type StayEnd = 'revoked' | 'expired' | 'shutdown';

/** What goes on for as long as its caller may be here: a socket, an answer that still streams. */
export interface Stay {
  readonly identity: Identity;
  /** The caller may not be here any longer: everything stops at once, and leaves `Stays`. */
  end(why: StayEnd): void;
}

const KEYS: readonly StayKey[] = ['credential', 'device', 'user', 'tenant', 'session'];

/** Everything that goes on at either edge, to be found by whatever may end it (contract section 4, S089). */
@Injectable()
export class Stays {
  private readonly all = new Seats<Stay>();
  private readonly revocations = new Revocations();
  private readonly index: Readonly<Record<StayKey, KeyIndex<Stay>>> = {
    credential: new KeyIndex(this.all),
    device: new KeyIndex(this.all),
    user: new KeyIndex(this.all),
    tenant: new KeyIndex(this.all),
    session: new KeyIndex(this.all),
  };

  constructor(private readonly expiries: Expiries) {}

  /** Note it before a caller is judged, and show it to `check` or `add` afterwards. */
  get epoch(): number {
    return this.revocations.epoch;
  }

  /** Throws Refused when something about the caller was revoked since `epoch`, while it was being judged (S234). */
  check(identity: Identity, epoch: number): void {
    if (!this.revocations.since(epoch, identity)) return;
    throw endedBy('revoked', identity, 'revoked while it was being judged');
  }

  /** Takes something in that begins. Throws as `check` does. */
  add(stay: Stay, epoch: number): void {
    const { identity } = stay;
    this.check(identity, epoch);
    const seat = this.all.take(stay);
    for (const key of KEYS) {
      const value = keyOf(identity, key);
      if (value !== undefined) this.index[key].add(value, seat);
    }
    if (identity.expiresAt !== undefined) this.expiries.add(stay, identity.expiresAt);
  }

  /** Lets go of what has come to its end, whatever the reason. */
  remove(stay: Stay): void {
    const seat = this.all.leave(stay);
    if (seat === undefined) return;
    const { identity } = stay;
    for (const key of KEYS) {
      const value = keyOf(identity, key);
      if (value !== undefined) this.index[key].remove(value, seat);
    }
    if (identity.expiresAt !== undefined) this.expiries.remove(stay, identity.expiresAt);
  }

  /** How many there are of a credential, device, user, tenant or sign-in, of either edge. */
  count(key: StayKey, value: string): number {
    return this.index[key].count(value);
  }

  /** Ends all of a credential, device, user, tenant or sign-in, and those of it that are being judged right now. */
  end(key: StayKey, value: string): void {
    this.revocations.add((identity) => keyOf(identity, key) === value);
    for (const stay of this.index[key].find(value)) stay.end('revoked');
  }

  /** As `end`, for what no single key names. Looks at everything that goes on: for rare events. */
  endWhere(ended: Ended): void {
    this.revocations.add(ended);
    for (const stay of this.all.values()) if (ended(stay.identity)) stay.end('revoked');
  }

  /** Ends everything that still goes on when the time to stop has come. */
  stop(): void {
    for (const stay of this.all.values()) stay.end('shutdown');
  }

  /** Who is here, once for everything that they have going on. */
  *identities(): IterableIterator<Identity> {
    for (const { identity } of this.all.values()) yield identity;
  }
}

/** What a caller is told whose credential was good when it came. */
export function endedBy(why: StayEnd, { method }: Identity, reason?: string): Refused {
  if (why === 'shutdown') return new Refused('unavailable', { message: 'The gateway is stopping. Please try again.' });
  if (why === 'expired') return new Refused('token_expired', { reason });
  return new Refused(method === 'device-token' ? 'device_token_revoked' : 'token_revoked', { reason });
}

function keyOf(identity: Identity, key: StayKey): string | undefined {
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
