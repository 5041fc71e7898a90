import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { Refused } from '../kernel/errors.js';
import { type FailureLimits, FailureStorage } from './failures/failure-storage.js';
import { JudgingPlaces } from './failures/judging-places.js';

/** A caller admitted to be judged. Settled exactly once, with what the judgement found. */
export interface Admission {
  /**
   * Counts `failures` wrong secrets on the caller's source and frees its place; a second call does nothing.
   * Rejects with Refused('rate_limited') when the source was locked before: then that is the caller's answer.
   */
  settle(failures: number): Promise<void>;
}

const SETTLED = Promise.resolve();

/**
 * The failure limit: `maxAttempts` wrong credentials of one source within a window, over all surfaces and methods
 * (contract section 3, S133). Only failures count. A success does not wipe them out, or whoever holds one good
 * credential could guess others for ever.
 */
@Injectable()
export class FailureLimiter {
  private readonly places: JudgingPlaces;
  private readonly listeners = new Set<(source: string) => void>();

  constructor(
    @Inject(FailureStorage) private readonly storage: FailureStorage,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.places = new JudgingPlaces(storage, clock);
  }

  /** How long the source is still locked, in milliseconds; 0 when it is not. */
  blockedFor(source: string): number {
    return this.storage.blockedFor(source);
  }

  /**
   * Lets a caller that shows `secrets` different secrets be judged: at once as a rule, later when as many of its
   * source are being judged as may still fail. Throws Refused('rate_limited') with `retryAfterMs` while the source is
   * locked; rejects with `auth_unavailable` when it would wait too long.
   */
  admit(source: string, limits: FailureLimits, secrets = 1): Admission | Promise<Admission> {
    const blockedMs = this.storage.blockedFor(source);
    if (blockedMs > 0) throw new Refused('rate_limited', { retryAfterMs: blockedMs });

    const admission = new PlaceTaken(this, source, limits, Math.max(1, secrets));
    if (this.places.take(source, admission.places, limits)) return admission;
    return this.places.wait(source, admission.places, limits).then(() => admission);
  }

  /** Calls `listener` with each source that this process locks. Returns the way to stop. */
  onLocked(listener: (source: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The other half of `admit`, called by the admission. */
  conclude({ source, limits, places }: PlaceTaken, failures: number): Promise<void> {
    if (failures > 0) return this.count(source, limits, places, failures);
    this.places.leave(source, places);
    return SETTLED;
  }

  private async count(source: string, limits: FailureLimits, places: number, failures: number): Promise<void> {
    // The place is kept until the count stands: who comes next is measured against it.
    const { outcome } = await this.storage
      .record(source, failures, limits)
      .finally(() => this.places.leave(source, places));
    if (outcome === 'locked') for (const listener of this.listeners) listener(source);
    if (outcome === 'blocked') throw new Refused('rate_limited', { retryAfterMs: this.storage.blockedFor(source) });
  }
}

class PlaceTaken implements Admission {
  private settled = false;

  constructor(
    private readonly limiter: FailureLimiter,
    readonly source: string,
    readonly limits: FailureLimits,
    readonly places: number,
  ) {}

  settle(failures: number): Promise<void> {
    if (this.settled) return SETTLED;
    this.settled = true;
    return this.limiter.conclude(this, failures);
  }
}
