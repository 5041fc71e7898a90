import fc from 'fast-check';
import { TestClock } from '../../../test/helpers/clock.js';
import type { FailureLimits } from './failure-storage.js';
import { MemoryFailureStorage } from './memory.failure-storage.js';

const LIMITS: FailureLimits = { maxAttempts: 20, windowMs: 60_000, lockoutMs: 60_000 };

/** What the rule says, from the whole history, without a thought for cost. */
class NaiveModel {
  private readonly history: { at: number; source: string }[] = [];
  private readonly lockedSince = new Map<string, number>();

  constructor(private readonly limits: FailureLimits) {}

  blockedFor(source: string, now: number): number {
    const since = this.lockedSince.get(source) ?? -Infinity;
    return Math.max(0, since + this.limits.lockoutMs - now);
  }

  counting(source: string, now: number): number {
    const paid = this.lockedSince.get(source) ?? -Infinity;
    const { windowMs } = this.limits;
    return this.history.filter((one) => one.source === source && one.at > now - windowMs && one.at > paid).length;
  }

  fail(source: string, now: number): string {
    if (this.blockedFor(source, now) > 0) return 'blocked';
    this.history.push({ at: now, source });
    if (this.counting(source, now) < this.limits.maxAttempts) return 'counted';
    this.lockedSince.set(source, now);
    return 'locked';
  }
}

const someLimits = fc.record({
  maxAttempts: fc.integer({ min: 1, max: 6 }),
  windowMs: fc.integer({ min: 1, max: 50 }),
  lockoutMs: fc.integer({ min: 1, max: 80 }),
});
/** Time passes first: two failures of one millisecond are told apart by nobody. */
const someSteps = fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.constantFrom('a', 'b', 'c')), {
  maxLength: 80,
});

describe('failures counted in memory', () => {
  it('agrees with the naive reading of the rule at every moment', async () => {
    await fc.assert(
      fc.asyncProperty(someLimits, someSteps, async (limits, steps) => {
        const clock = new TestClock(1_000_000);
        const storage = new MemoryFailureStorage(clock);
        const model = new NaiveModel(limits);
        for (const [pause, source] of steps) {
          clock.advance(pause);
          const now = clock.now();
          const room = model.blockedFor(source, now) > 0 ? 0 : limits.maxAttempts - model.counting(source, now);
          expect(storage.blockedFor(source)).toBe(model.blockedFor(source, now));
          expect(storage.remaining(source, limits)).toBe(room);
          expect((await storage.record(source, 1, limits)).outcome).toBe(model.fail(source, now));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('S141: no window of time holds more judged failures than the limit', async () => {
    await fc.assert(
      fc.asyncProperty(someLimits, someSteps, async (drawn, steps) => {
        const limits = { ...drawn, lockoutMs: drawn.windowMs };
        const clock = new TestClock(1_000_000);
        const storage = new MemoryFailureStorage(clock);
        const judged: number[] = [];
        for (const [pause] of steps) {
          clock.advance(pause);
          const { outcome } = await storage.record('a', 1, limits);
          if (outcome !== 'blocked') judged.push(clock.now());
        }
        for (const end of judged) {
          const within = judged.filter((at) => at <= end && at > end - limits.windowMs);
          expect(within.length).toBeLessThanOrEqual(limits.maxAttempts);
        }
      }),
    );
  });

  it('S141: twenty failures at the end of one minute and twenty at the start of the next are forty', async () => {
    const clock = new TestClock();
    const storage = new MemoryFailureStorage(clock);
    clock.advance(59_000);
    for (let i = 0; i < 19; i += 1) await storage.record('a', 1, LIMITS);
    clock.advance(2000);

    expect((await storage.record('a', 1, LIMITS)).outcome).toBe('locked');
    expect((await storage.record('a', 1, LIMITS)).outcome).toBe('blocked');
  });

  it('counts several wrong secrets of one caller at once', async () => {
    const storage = new MemoryFailureStorage(new TestClock());
    expect(await storage.record('a', 3, LIMITS)).toEqual({ outcome: 'counted', failures: 3 });
    expect(await storage.record('a', 17, LIMITS)).toEqual({ outcome: 'locked', failures: 20 });
    expect(await storage.record('b', 1000, LIMITS)).toEqual({ outcome: 'locked', failures: 20 });
  });

  it('begins anew after the lock, also where the lock is shorter than the window', async () => {
    const clock = new TestClock();
    const storage = new MemoryFailureStorage(clock);
    const limits = { ...LIMITS, lockoutMs: 5000 };
    await storage.record('a', 20, limits);
    clock.advance(4999);
    expect(storage.remaining('a', limits)).toBe(0);
    clock.advance(1);
    expect(storage.blockedFor('a')).toBe(0);
    expect(storage.remaining('a', limits)).toBe(20);
  });

  it('stays bounded under a million sources, and none of them pushes a lock out', async () => {
    const storage = new MemoryFailureStorage(new TestClock(), 10_000);
    await storage.record('203.0.113.7', 20, LIMITS);
    let most = 0;
    for (let i = 0; i < 1_000_000; i += 1) {
      // Counted before it returns: nothing to wait for a million times.
      void storage.record(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 1, LIMITS);
      most = Math.max(most, storage.size);
    }
    expect(most).toBeLessThanOrEqual(10_001);
    expect(storage.blockedFor('203.0.113.7')).toBe(60_000);
    expect(await storage.list(LIMITS)).toHaveLength(1000);
  });

  it('speaks as a storage of @nestjs/throttler', async () => {
    const storage = new MemoryFailureStorage(new TestClock());
    const hit = () => storage.increment('a', 60_000, 2, 30_000);
    expect(await hit()).toEqual({ totalHits: 1, timeToExpire: 60, isBlocked: false, timeToBlockExpire: 0 });
    expect(await hit()).toEqual({ totalHits: 2, timeToExpire: 60, isBlocked: false, timeToBlockExpire: 30 });
    expect(await hit()).toEqual({ totalHits: 3, timeToExpire: 60, isBlocked: true, timeToBlockExpire: 30 });
  });

  it('lists the locked first, and neither what is forgiven nor what is past', async () => {
    const clock = new TestClock();
    const storage = new MemoryFailureStorage(clock);
    await storage.record('past', 3, LIMITS);
    clock.advance(30_000);
    await storage.record('failing', 2, LIMITS);
    await storage.record('locked', 20, LIMITS);
    await storage.record('forgiven', 20, LIMITS);
    await storage.reset('forgiven');
    clock.advance(30_000);

    expect(await storage.list(LIMITS)).toEqual([
      { source: 'locked', failures: 20, blockedForMs: 30_000 },
      { source: 'failing', failures: 2, blockedForMs: 0 },
    ]);
    expect(storage.blockedFor('forgiven')).toBe(0);
  });
});
