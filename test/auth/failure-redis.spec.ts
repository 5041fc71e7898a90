import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { FailureLimiter } from '../../src/auth/failure-limiter.js';
import type { FailureLimits, FailureStorage } from '../../src/auth/failures/failure-storage.js';
import { MemoryFailureStorage } from '../../src/auth/failures/memory.failure-storage.js';
import { openFailureStorage } from '../../src/auth/failures/open-failure-storage.js';
import { RedisFailureStorage } from '../../src/auth/failures/redis.failure-storage.js';
import { RedisSettings } from '../../src/auth/rate-limit.settings.js';
import { ConfigSnapshot } from '../../src/config/settings.js';
import { systemClock } from '../../src/kernel/clock.js';
import { type Log, SILENT_LOG } from '../../src/kernel/log.js';
import { PASSWORD, RedisServer, freePort, hasRedis } from '../helpers/redis-server.js';
import { until } from '../helpers/until.js';

const LIMITS: FailureLimits = { maxAttempts: 20, windowMs: 60_000, lockoutMs: 60_000 };

const settings = (url?: string): ConfigSnapshot =>
  new ConfigSnapshot(1, new Map([[RedisSettings, Object.assign(new RedisSettings(), { url })]]));

/** Keeps what is said, and answers when something is. */
class Notebook implements Log {
  readonly lines: string[] = [];
  debug = (message: string): void => this.write(message);
  info = (message: string): void => this.write(message);
  warn = (message: string, fields?: object): void => this.write(`${message} ${inspect(fields, { depth: 9 })}`);
  error = (message: string): void => this.write(message);
  private write(message: string): void {
    this.lines.push(message);
  }
}

async function fail(storage: FailureStorage, source: string, times: number): Promise<string[]> {
  const outcomes: string[] = [];
  for (let i = 0; i < times; i += 1) outcomes.push((await storage.record(source, 1, LIMITS)).outcome);
  return outcomes;
}

const opened: FailureStorage[] = [];
async function open(url: string, log: Log = SILENT_LOG): Promise<FailureStorage> {
  const storage = await openFailureStorage(settings(url), systemClock, log);
  opened.push(storage);
  return storage;
}
afterEach(async () => {
  for (const storage of opened.splice(0)) await storage.close();
});

describe('where failures are counted', () => {
  it('is this process as long as no Redis is named', async () => {
    expect(await openFailureStorage(settings(), systemClock, SILENT_LOG)).toBeInstanceOf(MemoryFailureStorage);
  });

  it('is this process while the Redis that is named is not there; that is said once, without the password', async () => {
    const log = new Notebook();
    const port = await freePort();
    const storage = await open(`redis://:${PASSWORD}@127.0.0.1:${port}`, log);

    expect(await fail(storage, '192.0.2.1', 21)).toEqual([...Array(19).fill('counted'), 'locked', 'blocked']);
    expect(await storage.list(LIMITS)).toMatchObject([{ source: '192.0.2.1', failures: 20 }]);
    await expect(storage.reset('192.0.2.1')).rejects.toThrow(/only this gateway has forgotten/);
    expect(storage.blockedFor('192.0.2.1')).toBe(0);
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]).toContain(`127.0.0.1:${port}`);
    expect(log.lines[0]).not.toContain(PASSWORD);
  });
});

if (hasRedis)
  describe('two replicas on one Redis', () => {
    let redis: RedisServer;

    beforeAll(async () => {
      redis = await RedisServer.start();
    });
    afterAll(() => redis.remove());

    it('S141: share the count and the lock', async () => {
      const [a, b] = [await open(redis.url), await open(redis.url)];
      expect(a).toBeInstanceOf(RedisFailureStorage);
      expect(await fail(a, '192.0.2.2', 10)).toEqual(Array(10).fill('counted'));
      expect(await fail(b, '192.0.2.2', 10)).toEqual([...Array(9).fill('counted'), 'locked']);
      await until('the block', () => a.blockedFor('192.0.2.2') > 0);

      expect(a.blockedFor('192.0.2.2')).toBeLessThanOrEqual(60_000);
      expect(a.blockedFor('192.0.2.2')).toBeGreaterThan(50_000);
      expect(a.remaining('192.0.2.2', LIMITS)).toBe(0);
      expect(a.blockedFor('192.0.2.3')).toBe(0);
    });

    it('S141: of forty wrong attempts at once over both, twenty are answered as wrong', async () => {
      const [a, b] = [await open(redis.url), await open(redis.url)];
      const tries = Array.from({ length: 40 }, (_, i) => (i % 2 ? a : b).record('192.0.2.4', 1, LIMITS));
      const outcomes = (await Promise.all(tries)).map(({ outcome }) => outcome);

      expect(outcomes.filter((outcome) => outcome === 'counted')).toHaveLength(19);
      expect(outcomes.filter((outcome) => outcome === 'locked')).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === 'blocked')).toHaveLength(20);
    });

    it('answer the failure that comes after the lock elsewhere as too many, before the notice of it', async () => {
      const [a, b] = [await open(redis.url), await open(redis.url)];
      const limiter = new FailureLimiter(b, systemClock);
      const admission = await limiter.admit('192.0.2.5', LIMITS);
      await a.record('192.0.2.5', 20, LIMITS);

      await expect(admission.settle(1)).rejects.toMatchObject({ code: 'rate_limited' });
      expect(b.blockedFor('192.0.2.5')).toBeGreaterThan(0);
    });

    it('let the window slide: each failure leaves it at its own time', async () => {
      const [a, b] = [await open(redis.url), await open(redis.url)];
      const limits = { maxAttempts: 10, windowMs: 2000, lockoutMs: 2000 };
      const counted = async (windowMs: number): Promise<number> =>
        (await b.list({ ...limits, windowMs })).find(({ source }) => source === '192.0.2.6')?.failures ?? 0;

      await a.record('192.0.2.6', 2, limits);
      await until('the count', async () => (await counted(1000)) === 0);
      expect(await a.record('192.0.2.6', 1, limits)).toEqual({ outcome: 'counted', failures: 3 });
      await until('the count', async () => (await counted(2000)) === 1);
      expect(await b.record('192.0.2.6', 1, limits)).toEqual({ outcome: 'counted', failures: 2 });
      expect(b.remaining('192.0.2.6', limits)).toBe(8);
    });

    it('begin anew after the lock, also where it is shorter than the window', async () => {
      const [a, b] = [await open(redis.url), await open(redis.url)];
      const limits = { maxAttempts: 3, windowMs: 60_000, lockoutMs: 100 };
      expect(await a.record('192.0.2.13', 2, limits)).toEqual({ outcome: 'counted', failures: 2 });
      expect(await b.record('192.0.2.13', 1, limits)).toEqual({ outcome: 'locked', failures: 3 });
      await until('the end of the block', () => b.blockedFor('192.0.2.13') === 0);

      expect(await b.record('192.0.2.13', 1, limits)).toEqual({ outcome: 'counted', failures: 1 });
    });

    it('know the live locks from the start', async () => {
      const a = await open(redis.url);
      await fail(a, '192.0.2.7', 20);
      const late = await open(redis.url);

      expect(late.blockedFor('192.0.2.7')).toBeGreaterThan(50_000);
    });

    it('forget a source together', async () => {
      const [a, b] = [await open(redis.url), await open(redis.url)];
      await fail(a, '192.0.2.8', 20);
      await until('the block', () => b.blockedFor('192.0.2.8') > 0);
      await a.reset('192.0.2.8');
      await until('the end of the block', () => b.blockedFor('192.0.2.8') === 0);

      expect(await b.record('192.0.2.8', 1, LIMITS)).toEqual({ outcome: 'counted', failures: 1 });
    });

    it('list what has failed at any of them', async () => {
      const [a, b] = [await open(redis.url), await open(redis.url)];
      await a.record('192.0.2.9', 3, LIMITS);
      await a.record('192.0.2.10', 20, LIMITS);
      await until('the block', () => b.blockedFor('192.0.2.10') > 0);
      const listed = await b.list(LIMITS);

      expect(listed).toContainEqual({ source: '192.0.2.9', failures: 3, blockedForMs: 0 });
      expect(listed.find(({ source }) => source === '192.0.2.10')).toMatchObject({ failures: 20 });
    });

    it('counts alone with a wrong password, and says so without it', async () => {
      const log = new Notebook();
      const storage = await open(redis.url.replace(PASSWORD, 'canary-wrong-password'), log);

      expect(await storage.record('192.0.2.30', 1, LIMITS)).toEqual({ outcome: 'counted', failures: 1 });
      expect(log.lines).toHaveLength(1);
      expect(log.lines[0]).toContain('WRONGPASS');
      expect(log.lines[0]).not.toContain('canary');
    });

    it('are not disturbed by a lock of the same address on another database of that Redis', async () => {
      const [a, other] = [await open(redis.url), await open(redis.url.replace(/\/2$/, '/3'))];
      await fail(a, '192.0.2.11', 20);
      await a.record('192.0.2.12', 20, LIMITS);
      const third = await open(redis.url);
      await until('the block', () => third.blockedFor('192.0.2.12') > 0);

      expect(other.blockedFor('192.0.2.11')).toBe(0);
      expect(await other.record('192.0.2.11', 1, LIMITS)).toEqual({ outcome: 'counted', failures: 1 });
    });

    it('go on from what they know when Redis dies, say so once, and share again when it is back', async () => {
      const log = new Notebook();
      const [a, b] = [await open(redis.url, log), await open(redis.url)];
      await fail(a, '192.0.2.20', 20);
      await fail(a, '192.0.2.21', 15);
      await redis.kill();

      expect(await fail(a, '192.0.2.21', 6)).toEqual([...Array(4).fill('counted'), 'locked', 'blocked']);
      expect(a.blockedFor('192.0.2.20')).toBeGreaterThan(0);
      await until('the line in the log', () => log.lines.length > 0);

      await redis.start();
      await until('the line in the log', () => log.lines.length > 1);
      expect(log.lines[0]).toMatch(/cannot be used/);
      expect(log.lines[1]).toMatch(/shared again/);
      expect(log.lines).toHaveLength(2);
      expect(log.lines.join('\n')).not.toContain(PASSWORD);

      await until('what both agree on', async () => {
        await a.record('192.0.2.22', 20, LIMITS);
        return b.blockedFor('192.0.2.22') > 0;
      });
      expect(a.blockedFor('192.0.2.20')).toBeGreaterThan(0);
    });

    it('hear what they missed while they were cut off', async () => {
      const [a, b] = [await open(redis.url), await open(redis.url)];
      const operator = new Redis(redis.url);
      await operator.client('KILL', 'TYPE', 'pubsub');
      operator.disconnect();
      // Nobody listens for the next tenth of a second.
      await fail(a, '192.0.2.23', 20);
      await until('the block', () => b.blockedFor('192.0.2.23') > 0);
    });

    it('answer within a second while Redis stands still, and share again when it moves', async () => {
      const log = new Notebook();
      const storage = await open(redis.url, log);
      redis.freeze();
      try {
        const begun = performance.now();
        expect(await fail(storage, '192.0.2.24', 21)).toEqual([...Array(19).fill('counted'), 'locked', 'blocked']);
        expect(performance.now() - begun).toBeLessThan(5000);
      } finally {
        redis.thaw();
      }
      await until('the line in the log', () => log.lines.some((line) => line.includes('shared again')));
      expect(log.lines).toHaveLength(2);
    });
  });
