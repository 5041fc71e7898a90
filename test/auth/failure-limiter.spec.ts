import { type ErrorCode, Refused } from '../../src/kernel/errors.js';
import { canonicalAddress, sourceKey } from '../../src/kernel/net.js';
import { FailureLimiter } from '../../src/auth/failure-limiter.js';
import { MemoryFailureStorage } from '../../src/auth/failures/memory.failure-storage.js';
import { RateLimitSettings } from '../../src/auth/rate-limit.settings.js';
import { TestClock } from '../helpers/clock.js';

const LIMITS = new RateLimitSettings();
const SOURCE = '203.0.113.9';

/** A door with one verifier behind it, which may take its time. */
class Door {
  readonly clock = new TestClock();
  readonly storage = new MemoryFailureStorage(this.clock);
  readonly limiter = new FailureLimiter(this.storage, this.clock);
  judged = 0;
  judgedAtOnce = 0;
  private judging = 0;

  /** Knocks with `wrong` wrong secrets, or with a right one, and answers what the caller is told. */
  async knock(wrong: number, source = SOURCE, verifierMs = 0): Promise<'in' | 'wrong' | ErrorCode> {
    try {
      const admission = await this.limiter.admit(source, LIMITS, wrong);
      this.judged += 1;
      this.judging += 1;
      this.judgedAtOnce = Math.max(this.judgedAtOnce, this.judging);
      if (verifierMs > 0) await new Promise<void>((resolve) => this.clock.after(verifierMs, resolve));
      this.judging -= 1;
      await admission.settle(wrong);
      return wrong > 0 ? 'wrong' : 'in';
    } catch (error) {
      if (error instanceof Refused) return error.code;
      throw error;
    }
  }

  async knockTimes(times: number, wrong: number, source = SOURCE): Promise<string[]> {
    const answers: string[] = [];
    for (let i = 0; i < times; i += 1) answers.push(await this.knock(wrong, source));
    return answers;
  }

  /** Lets time pass until all of them have their answer. */
  async all(knocks: Promise<string>[]): Promise<Record<string, number>> {
    const state = { waiting: true };
    const answers = Promise.all(knocks).finally(() => (state.waiting = false));
    while (state.waiting) {
      await new Promise((resolve) => setImmediate(resolve));
      this.clock.advance(10);
    }
    return tally(await answers);
  }
}

function tally(answers: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
}

const parallel = (times: number, knock: () => Promise<string>): Promise<string>[] =>
  Array.from({ length: times }, knock);

const refusal = (door: Door, source = SOURCE): Refused => {
  try {
    void door.limiter.admit(source, LIMITS);
  } catch (error) {
    if (error instanceof Refused) return error;
  }
  throw new Error(`${source} is let in`);
};

describe('the failure limit', () => {
  it('S126: twenty wrong attempts are answered as wrong, the twenty-first as too many, for as long as the lock lasts', async () => {
    const door = new Door();
    expect(tally(await door.knockTimes(20, 1))).toEqual({ wrong: 20 });
    expect(await door.knock(1)).toBe('rate_limited');
    expect(await door.knock(0)).toBe('rate_limited');
    expect(await door.knock(0, '203.0.113.10')).toBe('in');

    expect(refusal(door).detail.retryAfterMs).toBe(60_000);
    door.clock.advance(17_001);
    expect(refusal(door).detail.retryAfterMs).toBe(42_999);
    door.clock.advance(42_998);
    expect(refusal(door).detail.retryAfterMs).toBe(1);
    door.clock.advance(1);
    expect(await door.knock(0)).toBe('in');
    expect(tally(await door.knockTimes(20, 1))).toEqual({ wrong: 20 });
    expect(await door.knock(1)).toBe('rate_limited');
  });

  it('S127: one address is one source, however it is written', async () => {
    const door = new Door();
    const spellings = [
      '1.2.3.4',
      '::ffff:1.2.3.4',
      '::ffff:102:304',
      '0:0:0:0:0:ffff:0102:0304',
      '[::ffff:1.2.3.4]:4711',
    ];
    for (let i = 0; i < 20; i += 1) await door.knock(1, sourceKey(canonicalAddress(spellings[i % spellings.length]!)));

    for (const spelling of spellings)
      expect(refusal(door, sourceKey(canonicalAddress(spelling))).code).toBe('rate_limited');
  });

  it('counts IPv6 by its /64', async () => {
    const door = new Door();
    for (let i = 0; i < 20; i += 1) await door.knock(1, sourceKey(canonicalAddress(`2001:db8:0:7::${i + 1}`)));

    expect(refusal(door, sourceKey('2001:db8:0:7:ffff::1')).code).toBe('rate_limited');
    expect(await door.knock(0, sourceKey('2001:db8:0:8::1'))).toBe('in');
  });

  it('S130: each secret that fails counts, also a bogus one beside another', async () => {
    const door = new Door();
    expect(tally(await door.knockTimes(10, 2))).toEqual({ wrong: 10 });
    expect(await door.knock(2)).toBe('rate_limited');
  });

  it.each([
    ['at once', 1, 20],
    ['with two secrets each', 2, 10],
    ['with three secrets each', 3, 7],
  ])(
    'S131: of 200 wrong attempts %s with a slow verifier no more are judged than may fail',
    async (_, secrets, judged) => {
      const door = new Door();
      const answers = await door.all(parallel(200, () => door.knock(secrets, SOURCE, 200)));

      expect(door.judged).toBe(judged);
      expect(answers).toEqual({ wrong: judged, rate_limited: 200 - judged });
    },
  );

  it('S131: of what is left after some failures, likewise', async () => {
    const door = new Door();
    await door.knockTimes(15, 1);
    const answers = await door.all(parallel(200, () => door.knock(1, SOURCE, 200)));

    expect(answers).toEqual({ wrong: 5, rate_limited: 195 });
    expect(door.judged).toBe(20);
  });

  it.each([0, 19])('never refuses 200 good attempts at once after %i failures, they take turns', async (failures) => {
    const door = new Door();
    await door.knockTimes(failures, 1);
    const answers = await door.all(parallel(200, () => door.knock(0, SOURCE, 20)));

    expect(answers).toEqual({ in: 200 });
    expect(door.judgedAtOnce).toBe(20 - failures);
    expect(door.clock.pending).toBe(0);
  });

  it('lets callers in as they came: who needs little does not overtake who needs much', async () => {
    const door = new Door();
    const judging = await Promise.all(Array.from({ length: 18 }, () => door.limiter.admit(SOURCE, LIMITS)));
    const order: string[] = [];
    const much = Promise.resolve(door.limiter.admit(SOURCE, LIMITS, 3)).then(() => order.push('much'));
    const little = Promise.resolve(door.limiter.admit(SOURCE, LIMITS, 1)).then(() => order.push('little'));
    for (const admission of judging) await admission.settle(0);
    await Promise.all([much, little]);

    expect(order).toEqual(['much', 'little']);
  });

  it('lets no source wait for another', async () => {
    const door = new Door();
    const slow = parallel(100, () => door.knock(1, SOURCE, 1000));
    expect(await door.knock(0, '203.0.113.10')).toBe('in');
    await door.all(slow);
  });

  it('lets nobody wait for ever: a verifier that hangs holds up its own source for five seconds', async () => {
    const door = new Door();
    void parallel(20, () => door.knock(0, SOURCE, 3_600_000));
    expect(await door.all(parallel(10, () => door.knock(0)))).toEqual({ auth_unavailable: 10 });
    expect(await door.knock(0, '203.0.113.10')).toBe('in');
  });

  it('lets no more wait than it has room for, and says when to come back', async () => {
    const door = new Door();
    void parallel(20, () => door.knock(0, SOURCE, 4000));
    const waiting = parallel(2048, () => door.knock(0));
    await expect(Promise.resolve().then(() => door.limiter.admit(SOURCE, LIMITS))).rejects.toMatchObject({
      code: 'auth_unavailable',
      detail: { retryAfterMs: 1000 },
    });
    expect(await door.all(waiting)).toEqual({ in: 2048 });
  });

  it('S133: one budget over all surfaces and methods', async () => {
    const door = new Door();
    // HTTP bearer, WebSocket, password: the source is all that the limiter ever hears of them.
    for (let i = 0; i < 20; i += 1) expect(await door.knock(1)).toBe('wrong');
    expect(await door.knock(1)).toBe('rate_limited');
  });

  it('S134: what shows no credential never counts', async () => {
    const door = new Door();
    await door.knockTimes(19, 1);
    expect(tally(await door.knockTimes(100, 0))).toEqual({ in: 100 });
    expect(await door.knock(1)).toBe('wrong');
    expect(await door.knock(0)).toBe('rate_limited');
  });

  it('does not let a success wipe failures out: one good credential is no licence to guess others', async () => {
    const door = new Door();
    await door.knockTimes(19, 1);
    expect(await door.knock(0)).toBe('in');
    expect(await door.knock(1)).toBe('wrong');
    expect(await door.knock(0)).toBe('rate_limited');
  });

  it('S138: the machine itself has no exemption', async () => {
    const door = new Door();
    const loopback = sourceKey(canonicalAddress('127.0.0.1'));
    await door.knockTimes(20, 1, loopback);
    expect(refusal(door, loopback).code).toBe('rate_limited');
  });

  it('S140: a failure stays counted when what follows goes wrong', async () => {
    const door = new Door();
    for (let i = 0; i < 20; i += 1) {
      const request = async () => {
        const admission = await door.limiter.admit(SOURCE, LIMITS);
        await admission.settle(1);
        throw new Error('rolled back');
      };
      await expect(request()).rejects.toThrow('rolled back');
    }
    expect(refusal(door).code).toBe('rate_limited');
  });

  it('counts an admission once, however often it is settled', async () => {
    const door = new Door();
    const admission = await door.limiter.admit(SOURCE, LIMITS);
    await Promise.all([admission.settle(1), admission.settle(1)]);
    await admission.settle(19);
    expect(door.storage.remaining(SOURCE, LIMITS)).toBe(19);
  });

  it('tells once whom it has locked', async () => {
    const door = new Door();
    const locked: string[] = [];
    const stop = door.limiter.onLocked((source) => locked.push(source));
    await door.knockTimes(25, 1);
    expect(locked).toEqual([SOURCE]);
    stop();
    await door.knockTimes(25, 1, '203.0.113.10');
    expect(locked).toEqual([SOURCE]);
  });

  it('goes by the limits of each request: after a reload a smaller number holds at the next failure', async () => {
    const door = new Door();
    await door.knockTimes(10, 1);
    const stricter = { ...LIMITS, maxAttempts: 5 };
    const admission = await door.limiter.admit(SOURCE, stricter);
    await admission.settle(1);
    expect(refusal(door).code).toBe('rate_limited');
  });
});
