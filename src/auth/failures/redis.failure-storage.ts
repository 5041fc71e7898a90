import type { Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import type { Log } from '../../kernel/log.js';
import {
  type FailingSource,
  type FailureLimits,
  FailureStorage,
  LISTED_SOURCES,
  type Tally,
} from './failure-storage.js';
import { MemoryFailureStorage } from './memory.failure-storage.js';
import { RedisLink } from './redis-link.js';
import { LOCKS, OUTCOMES, SOURCES } from './redis-scripts.js';

/**
 * Counts shared by all replicas. Locks are mirrored in memory, where every request asks; a replica hears of them by
 * notice and reads them back whenever it (re)connects. While Redis is away each process goes on counting for itself,
 * from what it last knew: never a way in, and never an error.
 */
export class RedisFailureStorage extends FailureStorage {
  private readonly local: MemoryFailureStorage;
  private readonly link: RedisLink;

  private constructor(
    url: string,
    private readonly clock: Clock,
    log: Log,
  ) {
    super();
    this.local = new MemoryFailureStorage(clock);
    const user = { hear: (notice: string) => this.hear(notice), catchUp: () => this.catchUp() };
    this.link = new RedisLink(url, user, clock, log);
  }

  /** Connects and reads the live locks. Resolves within about a second, also when Redis is away. */
  static async open(url: string, clock: Clock, log: Log): Promise<RedisFailureStorage> {
    const storage = new RedisFailureStorage(url, clock, log);
    await storage.link.open();
    return storage;
  }

  blockedFor(source: string): number {
    return this.local.blockedFor(source);
  }

  remaining(source: string, limits: FailureLimits): number {
    return this.local.remaining(source, limits);
  }

  async record(source: string, failures: number, limits: FailureLimits): Promise<Tally> {
    const settledHere = !this.link.ready || this.local.blockedFor(source) > 0;
    if (settledHere) return this.local.record(source, failures, limits);
    try {
      return await this.recordShared(source, failures, limits);
    } catch (error) {
      this.link.lost(error);
      return this.local.record(source, failures, limits);
    }
  }

  /** From Redis, all replicas together; from memory while it is away. */
  async list(limits: FailureLimits): Promise<FailingSource[]> {
    const known = await this.local.list(limits);
    if (!this.link.ready) return known;

    const locked = known.filter(({ blockedForMs }) => blockedForMs > 0);
    const keys = await this.failingKeys(LISTED_SOURCES - locked.length);
    if (keys.length === 0) return locked;
    const counts = await this.link.redis.countFailures(keys.length, ...keys, limits.windowMs);
    const failing = keys.map((key, i) => ({
      source: key.slice(SOURCES.length),
      failures: counts[i]!,
      blockedForMs: 0,
    }));
    return [...locked, ...failing.filter(({ failures }) => failures > 0)];
  }

  async reset(source: string): Promise<void> {
    this.local.forget(source);
    try {
      await this.link.redis.forgetSource(SOURCES + source, LOCKS, source, this.link.channel);
    } catch (cause) {
      throw new Unavailable('the shared failure counts cannot be reached: only this gateway has forgotten', { cause });
    }
  }

  async close(): Promise<void> {
    this.link.close();
  }

  private async recordShared(source: string, failures: number, limits: FailureLimits): Promise<Tally> {
    const { maxAttempts, windowMs, lockoutMs } = limits;
    const { redis, channel } = this.link;
    const keys = [SOURCES + source, LOCKS] as const;
    const answer = await redis.recordFailures(...keys, source, channel, failures, maxAttempts, windowMs, lockoutMs);
    this.link.found();
    const [outcome, lockedMs, ...ages] = answer;
    if (lockedMs > 0) {
      this.local.lock(source, lockedMs);
      return { outcome: OUTCOMES[outcome]!, failures: maxAttempts };
    }
    const now = this.clock.now();
    const times = ages.map((age) => now - age);
    this.local.remember(source, times);
    return { outcome: 'counted', failures: times.length };
  }

  /** `<milliseconds> <source>`: the source is locked for so long, or, at 0, forgotten. */
  private hear(notice: string): void {
    const space = notice.indexOf(' ');
    const ms = Number(notice.slice(0, space));
    const source = notice.slice(space + 1);
    if (ms > 0) this.local.lock(source, ms);
    else this.local.forget(source);
  }

  private async catchUp(): Promise<void> {
    const locks = await this.link.redis.liveLocks(LOCKS);
    for (let i = 0; i < locks.length; i += 2) this.local.lock(String(locks[i]), Number(locks[i + 1]));
  }

  private async failingKeys(most: number): Promise<string[]> {
    const keys = new Set<string>();
    let cursor = '0';
    do {
      const [next, found] = await this.link.redis.scan(cursor, 'MATCH', `${SOURCES}*`, 'COUNT', 1000);
      for (const key of found) keys.add(key);
      cursor = next;
    } while (cursor !== '0' && keys.size < most);
    return [...keys].slice(0, Math.max(0, most));
  }
}
