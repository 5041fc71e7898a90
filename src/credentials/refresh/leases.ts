import { randomUUID } from 'node:crypto';
import type { Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import type { ProfileStore } from '../profile-store.js';
import type { OAuthProfile } from '../profile.js';
import { lastOf } from '../status/profile-health.js';
import { ownHolder } from './holder.js';
import { isHeld, type Lease, leased, marksOf, released } from './refresh-state.js';

/** Longer than a refresh with all its tries and waits can take. */
const LEASE_MS = 180_000;

/** A refresh that takes longer has died with its process, or hangs: nobody is kept waiting for it. */
const STUCK_MS = 75_000;

/** Those of this process, whichever service took them: they are not those of a process that has ended. */
const OWN = new Set<string>();

export interface TakenLease extends Lease {
  /** Whether a refresh with this very refresh token was begun before, and its end never written. */
  readonly afterCutOff: boolean;
}

/** Leases on logins: whoever has one may ask the provider, and nobody else does. */
export class Leases {
  constructor(
    private readonly store: ProfileStore,
    private readonly clock: Clock,
  ) {}

  /**
   * Undefined when somebody else has it, or there is nothing (left) to refresh. On the disk when it resolves. Rejects with
   * Unavailable when whoever has it has had it for too long.
   */
  async take(
    agent: string,
    id: string,
    profile: OAuthProfile,
    needs: (profile: OAuthProfile) => boolean,
  ): Promise<TakenLease | undefined> {
    const now = this.clock.now();
    const before = marksOf((await this.store.read(agent)).usageStats?.[id]).refreshing;
    // Whoever only waits writes nothing: what is known already tells as much.
    if (isHeld(before, now, OWN)) {
      if (now - before!.at > STUCK_MS) throw new Unavailable(`the refresh of ${id} elsewhere takes too long`);
      return undefined;
    }

    const token = lastOf(profile.refresh);
    const lease: Lease = { ...ownHolder, by: randomUUID(), token, at: now, until: now + LEASE_MS };
    OWN.add(lease.by);
    const next = await this.store.update(agent, (stored) => leased(stored, id, lease, { needs, own: OWN }));
    if (marksOf(next.usageStats?.[id]).refreshing?.by === lease.by) {
      return { ...lease, afterCutOff: before?.token === token };
    }
    this.forget(lease);
    return undefined;
  }

  /** Lets others try. */
  async giveBack(agent: string, id: string, lease: Lease): Promise<void> {
    await this.store.update(agent, (stored) => released(stored, id, lease.by));
  }

  /** It is over, and what came of it is written in its place. */
  forget({ by }: Lease): void {
    OWN.delete(by);
  }
}
