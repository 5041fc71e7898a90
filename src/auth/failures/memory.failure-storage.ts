import { BoundedMap } from '../../kernel/bounded-map.js';
import type { Clock } from '../../kernel/clock.js';
import {
  type FailingSource,
  type FailureLimits,
  FailureStorage,
  LISTED_SOURCES,
  type Tally,
} from './failure-storage.js';
import { LiveLocks } from './live-locks.js';

/** The failing sources that are remembered. A flood of more pushes counts out, never a lock. */
const CAPACITY = 100_000;

/** Counts in this process. Everything but the signature is synchronous: a count stands before `record` returns. */
export class MemoryFailureStorage extends FailureStorage {
  /** The times of each source's last failures, oldest first: fewer than `maxAttempts`, for then it is locked. */
  private readonly failures: BoundedMap<string, number[]>;
  private readonly locks = new LiveLocks();

  constructor(
    private readonly clock: Clock,
    capacity = CAPACITY,
  ) {
    super();
    this.failures = new BoundedMap(capacity);
  }

  /** The sources that take up memory, locked ones included. */
  get size(): number {
    return this.failures.size + this.locks.size;
  }

  blockedFor(source: string): number {
    return Math.max(0, this.locks.endOf(source) - this.clock.now());
  }

  remaining(source: string, { maxAttempts, windowMs }: FailureLimits): number {
    if (this.blockedFor(source) > 0) return 0;
    const times = this.failures.get(source) ?? [];
    return Math.max(0, maxAttempts - times.length + stale(times, this.clock.now() - windowMs));
  }

  async record(source: string, failures: number, limits: FailureLimits): Promise<Tally> {
    const { maxAttempts, windowMs, lockoutMs } = limits;
    if (this.blockedFor(source) > 0) return { outcome: 'blocked', failures: maxAttempts };

    const now = this.clock.now();
    const times = this.failures.get(source) ?? [];
    times.splice(0, stale(times, now - windowMs));
    for (let i = 0; i < failures && times.length < maxAttempts; i += 1) times.push(now);
    if (times.length >= maxAttempts) {
      this.lock(source, lockoutMs);
      return { outcome: 'locked', failures: times.length };
    }
    this.failures.set(source, times);
    return { outcome: 'counted', failures: times.length };
  }

  /** Takes over what the shared storage knows of a source: when its failures were, oldest first. A lock is newer. */
  remember(source: string, times: number[]): void {
    if (this.blockedFor(source) === 0) this.failures.set(source, times);
  }

  /** Locks a source for `ms`. Its failures are thereby paid for: after the lock it begins anew. */
  lock(source: string, ms: number): void {
    const now = this.clock.now();
    this.failures.delete(source);
    this.locks.set(source, now + ms, now);
  }

  forget(source: string): void {
    this.failures.delete(source);
    this.locks.delete(source);
  }

  async list({ maxAttempts, windowMs }: FailureLimits): Promise<FailingSource[]> {
    const now = this.clock.now();
    const listed: FailingSource[] = [];
    for (const [source, end] of this.locks.live(now)) {
      if (listed.length === LISTED_SOURCES) return listed;
      listed.push({ source, failures: maxAttempts, blockedForMs: end - now });
    }
    for (const [source, times] of this.failures.entries()) {
      if (listed.length === LISTED_SOURCES) return listed;
      const failures = times.length - stale(times, now - windowMs);
      if (failures > 0) listed.push({ source, failures, blockedForMs: 0 });
    }
    return listed;
  }

  async reset(source: string): Promise<void> {
    this.forget(source);
  }

  async close(): Promise<void> {}
}

/** How many of the times, oldest first, are out of the window. A failure at its very edge no longer counts. */
function stale(times: readonly number[], edge: number): number {
  const first = times.findIndex((time) => time > edge);
  return first === -1 ? times.length : first;
}
