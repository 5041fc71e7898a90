import type { OnApplicationShutdown } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';

/** How many failures within how long, and the lock that follows. Times in milliseconds. */
export interface FailureLimits {
  readonly maxAttempts: number;
  readonly windowMs: number;
  readonly lockoutMs: number;
}

/** What a failure came to. */
export interface Tally {
  /** `counted`: there is room for more. `locked`: this was the last one allowed. `blocked`: the lock was there before it. */
  readonly outcome: 'counted' | 'locked' | 'blocked';
  /** Failures of the source within the window, this one included. */
  readonly failures: number;
}

/** A source as an operator sees it. */
export interface FailingSource {
  /** As in `Evidence.source`: an IPv4 address, an IPv6 /64, or `unknown`. */
  readonly source: string;
  readonly failures: number;
  /** 0 while it is not locked. */
  readonly blockedForMs: number;
}

/** The most sources that one list names. */
export const LISTED_SOURCES = 1000;

/**
 * Counts wrong credentials by source in a sliding window, and locks a source that has had enough. A throttler storage
 * that can also be asked without counting: a good request must not cost a bad mark.
 */
export abstract class FailureStorage implements ThrottlerStorage, OnApplicationShutdown {
  /** How long the source is still locked, in milliseconds; 0 when it is not. From memory: every request asks. */
  abstract blockedFor(source: string): number;

  /** How many more failures the source may have within the window, as far as this process knows. */
  abstract remaining(source: string, limits: FailureLimits): number;

  /** Counts `failures` at once. Never rejects: a broken counter is no reason to let anybody guess on. */
  abstract record(source: string, failures: number, limits: FailureLimits): Promise<Tally>;

  /** The sources with failures, locked ones first, at most LISTED_SOURCES. */
  abstract list(limits: FailureLimits): Promise<FailingSource[]>;

  /** Forgets a source's failures and its lock, on every replica. Rejects with Unavailable when they cannot be told. */
  abstract reset(source: string): Promise<void>;

  abstract close(): Promise<void>;

  /** One failure, in the words of @nestjs/throttler: times in, milliseconds; times out, whole seconds. */
  async increment(key: string, ttl: number, limit: number, blockDuration: number) {
    const limits = { maxAttempts: limit, windowMs: ttl, lockoutMs: blockDuration };
    const { outcome, failures } = await this.record(key, 1, limits);
    const isBlocked = outcome === 'blocked';
    return {
      totalHits: isBlocked ? limit + 1 : failures,
      timeToExpire: Math.ceil(ttl / 1000),
      isBlocked,
      timeToBlockExpire: Math.ceil(this.blockedFor(key) / 1000),
    };
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }
}
