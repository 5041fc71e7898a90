import { createHash, randomBytes } from 'node:crypto';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import { built } from '../helpers/cli.js';
import { bearer, HOUSE_TOKEN } from '../helpers/gateway.js';
import { given } from '../helpers/given.js';
import { DOORS, knock, Visitor } from '../helpers/knock.js';
import { hasPostgres, type Postgres, startPostgres } from '../helpers/postgres.js';
import { hasRedis, RedisServer } from '../helpers/redis-server.js';
import { Replica } from '../helpers/replica.js';
import { until } from '../helpers/until.js';

const house = bearer(HOUSE_TOKEN);
const ENV = { DOORWARD_GATEWAY_TOKEN: HOUSE_TOKEN, DOORWARD_GATEWAY_AUTH_LOOPBACK: 'deny' };
/** What the contract gives a revocation, on every replica. */
const BOUND_MS = 1000;

const started: Replica[] = [];
const start = async (env: Record<string, string>): Promise<Replica> => {
  const replica = await Replica.start({ env: { ...ENV, ...env } });
  started.push(replica);
  return replica;
};

beforeAll(built);
afterAll(async () => {
  await Promise.all(started.map((replica) => replica.end()));
  await Promise.all(started.map(({ home }) => home.remove()));
});

const wrong = { token: 'wrong' };

async function fail(replica: Replica, times: number): Promise<string[]> {
  const outcomes: string[] = [];
  for (let i = 0; i < times; i += 1) outcomes.push((await knock(replica, DOORS[i % 3]!, wrong)).outcome);
  return outcomes;
}

const isWrong = (count: number): string[] => Array<string>(count).fill('token_mismatch');

it('two gateways that share nothing count for themselves', async () => {
  const [one, other] = await Promise.all([
    start({ DOORWARD_DATABASE_MODE: 'none' }),
    start({ DOORWARD_DATABASE_MODE: 'none' }),
  ]);

  expect(await fail(one, 21)).toEqual([...isWrong(20), 'rate_limited']);
  expect(await fail(other, 1)).toEqual(isWrong(1));
});

given(hasRedis, 'two replicas on one Redis', () => {
  let redis: RedisServer;
  let one: Replica;
  let other: Replica;

  beforeAll(async () => {
    redis = await RedisServer.start();
    const env = { REDIS_URL: redis.url, DOORWARD_DATABASE_MODE: 'none' };
    [one, other] = await Promise.all([start(env), start(env)]);
  });
  afterAll(() => redis.remove());

  it('S141: share the count of failures, over REST and WebSocket: the twentieth is wrong, the next too many', async () => {
    expect(await fail(one, 13)).toEqual(isWrong(13));
    expect(await fail(other, 7)).toEqual(isWrong(7));

    // Before or after the notice of the lock has arrived: the count itself is in Redis.
    for (const door of DOORS) expect(await knock(one, door, wrong)).toMatchObject({ outcome: 'rate_limited' });
    const right = await other.get('/api/v1/whoami', house);
    expect(right.status).toBe(429);
    expect(Number(right.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(Number(right.headers['retry-after'])).toBeLessThanOrEqual(60);
  });

  it('forgive together', async () => {
    const admin = { headers: house, from: '127.0.0.2' };
    expect((await other.call('/api/v1/rate-limits', admin)).body.items).toMatchObject([{ source: '127.0.0.1' }]);
    await other.call('/api/v1/rate-limits/127.0.0.1', { ...admin, method: 'DELETE' });

    await until('both to let it in again', async () => {
      const replies = await Promise.all([one, other].map((replica) => replica.get('/api/v1/whoami', house)));
      return replies.every(({ status }) => status === 200);
    });
  });
});

given(hasPostgres, 'two replicas on one PostgreSQL', () => {
  let postgres: Postgres;
  let url: string;
  let one: Replica;
  let other: Replica;

  beforeAll(async () => {
    postgres = await startPostgres();
    url = await postgres.database();
    [one, other] = await Promise.all([start({ DATABASE_URL: url }), start({ DATABASE_URL: url })]);
  });
  afterAll(async () => {
    await Promise.all([one, other].map((replica) => replica.end()));
    await postgres.dispose();
  });

  const rows = (sql: string): Promise<Record<string, unknown>[]> => postgres.query(sql, url);

  /** A token made at one of them. */
  async function token(at: Replica, user = 'ana@example.com'): Promise<{ id: string; token: string }> {
    const { status, body } = await at.call('/api/v1/tokens', {
      method: 'POST',
      headers: house,
      body: { user, role: 'member' },
    });
    expect(status).toBe(201);
    return body as { id: string; token: string };
  }

  /** Rows of a device, as pairing would leave them. */
  async function device(): Promise<{ id: string; token: string }> {
    const id = randomBytes(32).toString('hex');
    const value = `dwd_${randomBytes(32).toString('base64url')}`;
    const digest = createHash('sha256').update(value).digest('hex');
    await rows(`INSERT INTO devices (id, tenant_id, roles) VALUES ('${id}', '${HOUSE_TENANT}', '{operator}')`);
    await rows(
      `INSERT INTO device_tokens (device_id, tenant_id, role, scopes, token_digest)
       VALUES ('${id}', '${HOUSE_TENANT}', 'operator', '{operator.read}', '${digest}')`,
    );
    return { id, token: value };
  }

  /** Open sockets in both dialects at both replicas, and the decision in both caches. */
  async function inUse(value: string): Promise<Visitor[]> {
    const visitors = [one, other].flatMap(({ port }) =>
      (['JSON-RPC', 'native'] as const).map((dialect) => new Visitor(port, dialect, { token: value })),
    );
    for (const visitor of visitors) expect(await visitor.outcome).toMatchObject({ status: 'open' });
    for (const replica of [one, other]) expect((await replica.get('/api/v1/whoami', bearer(value))).status).toBe(200);
    return visitors;
  }

  /** How long it takes until no replica serves it any more, in milliseconds from now. */
  async function untilRefused(value: string, visitors: readonly Visitor[], code: string): Promise<number> {
    const begun = performance.now();
    const closed = visitors.map(async (visitor) => {
      const { code: closeCode, reason, at } = await visitor.closed;
      expect({ closeCode, reason }).toEqual({ closeCode: 1008, reason: expect.stringMatching(/^unauthorized/) });
      return at - begun;
    });
    const refused = [one, other].map(async (replica) => {
      for (;;) {
        const { status, body } = await replica.get('/api/v1/whoami', bearer(value));
        if (status === 200) continue;
        expect({ status, code: body.error.code }).toEqual({ status: 401, code });
        return performance.now() - begun;
      }
    });
    return Math.max(...(await Promise.all([...closed, ...refused])));
  }

  it('both have applied the migrations, once', async () => {
    for (const replica of [one, other]) await replica.logged('gateway: database initialized');

    const [applied] = await rows('SELECT count(*)::int AS n, count(DISTINCT name)::int AS names FROM migrations');
    expect(applied).toEqual({ n: expect.any(Number), names: applied!['n'] });
  });

  it('a token made at one of them is good at the other at once', async () => {
    const { token: value } = await token(one);

    for (const door of DOORS)
      expect(await knock(other, door, { token: value })).toMatchObject({ outcome: 'gateway-token' });
  });

  it('S109: a token revoked at one of them is refused, and its sockets closed, on both within a second', async () => {
    for (const [at, revokedAt] of [
      [one, other],
      [other, one],
    ] as const) {
      const { id, token: value } = await token(at);
      const visitors = await inUse(value);
      const { status } = await revokedAt.call(`/api/v1/tokens/${id}`, { method: 'DELETE', headers: house });
      expect(status).toBe(204);

      expect(await untilRefused(value, visitors, 'token_revoked')).toBeLessThan(BOUND_MS);
    }
  });

  // prettier-ignore
  it.each([
    ['a suspended user',         'user_suspended',       () => token(one, 'bea@example.com'), () => `UPDATE users SET status = 'suspended' WHERE email = 'bea@example.com'`],
    ['a token deleted outright', 'token_mismatch',       () => token(one, 'cem@example.com'), (id: string) => `DELETE FROM gateway_tokens WHERE id = '${id}'`],
    ['a removed device',         'device_token_revoked', () => device(),                      (id: string) => `UPDATE devices SET revoked_at = now() WHERE id = '${id}'`],
  ])('%s, changed in the rows by whomever, is out on both within a second', async (_what, code, make, change) => {
    const { id, token: value } = await make();
    const visitors = await inUse(value);
    await rows(change(id));

    expect(await untilRefused(value, visitors, code)).toBeLessThan(BOUND_MS);
  });

  it('others stay as they are', async () => {
    const { token: kept } = await token(one, 'dan@example.com');
    const visitors = await inUse(kept);
    const { id } = await token(one, 'eva@example.com');
    await one.call(`/api/v1/tokens/${id}`, { method: 'DELETE', headers: house });

    await until('the notice to have gone round', async () => {
      const [row] = await rows(`SELECT revoked_at IS NOT NULL AS gone FROM gateway_tokens WHERE id = '${id}'`);
      return row!['gone'] === true;
    });
    for (const replica of [one, other]) expect((await replica.get('/api/v1/whoami', bearer(kept))).status).toBe(200);
    for (const visitor of visitors) expect(visitor.isOpen).toBe(true);
    for (const visitor of visitors) visitor.leave();
  });
});
