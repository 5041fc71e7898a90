import { hash, randomBytes, randomUUID } from 'node:crypto';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import { built } from '../helpers/cli.js';
import { bearer, HOUSE_TOKEN } from '../helpers/gateway.js';
import { given } from '../helpers/given.js';
import { Visitor } from '../helpers/knock.js';
import { hasPostgres, type Postgres, startPostgres } from '../helpers/postgres.js';
import { Replica } from '../helpers/replica.js';

const ENV = { DOORWARD_GATEWAY_TOKEN: HOUSE_TOKEN, DOORWARD_GATEWAY_AUTH_LOOPBACK: 'deny' };
/** What the contract gives an end, on every replica. */
const BOUND_MS = 1000;
/** Expiry is exact to the second, and its moment is that of the database. */
const EXPIRY_BOUND_MS = 1500;

interface Holder {
  readonly token: string;
  readonly userId: string;
  readonly tenantId: string;
  readonly sessionId: string;
}

given(hasPostgres, 'two replicas on one PostgreSQL: what a person holds ends everywhere within a second', () => {
  let postgres: Postgres;
  let url: string;
  let one: Replica;
  let other: Replica;

  beforeAll(async () => {
    await built();
    postgres = await startPostgres();
    url = await postgres.database();
    const start = () => Replica.start({ env: { ...ENV, DATABASE_URL: url } });
    [one, other] = await Promise.all([start(), start()]);
  });
  afterAll(async () => {
    await Promise.all([one, other].map((replica) => replica.end()));
    await Promise.all([one, other].map(({ home }) => home.remove()));
    await postgres.dispose();
  });

  const rows = (sql: string) => postgres.query(sql, url);

  /** A token of somebody new that hangs on a sign-in, as the exchange leaves it: in rows that nobody was told of before. */
  async function holder(expiresIn = 3600): Promise<Holder> {
    const [userId, sessionId, token] = [randomUUID(), randomUUID(), randomBytes(32).toString('hex')];
    await rows(
      `INSERT INTO users (id, tenant_id, email, role)
       VALUES ('${userId}', '${HOUSE_TENANT}', '${userId}@example.com', 'member')`,
    );
    await rows(
      `INSERT INTO user_sessions (id, tenant_id, user_id, expires_at)
       VALUES ('${sessionId}', '${HOUSE_TENANT}', '${userId}', now() + interval '1 hour')`,
    );
    await rows(
      `INSERT INTO gateway_tokens (token_digest, tenant_id, user_id, session_id, expires_at)
       VALUES ('${hash('sha256', token, 'hex')}', '${HOUSE_TENANT}', '${userId}', '${sessionId}',
               now() + interval '${expiresIn} seconds')`,
    );
    return { token, userId, tenantId: HOUSE_TENANT, sessionId };
  }

  async function inUse(token: string): Promise<Visitor[]> {
    const visitors = [one, other].flatMap(({ port }) =>
      (['JSON-RPC', 'native'] as const).map((dialect) => new Visitor(port, dialect, { token })),
    );
    for (const visitor of visitors) expect(await visitor.outcome).toMatchObject({ status: 'open' });
    for (const replica of [one, other]) expect((await replica.get('/api/v1/whoami', bearer(token))).status).toBe(200);
    return visitors;
  }

  /** Resolves with the moment, by `performance.now()`, at which the last socket was closed and the last request refused. */
  async function over(token: string, visitors: readonly Visitor[], code: string): Promise<number> {
    const closed = visitors.map(async (visitor) => {
      const { code: closeCode, reason, at } = await visitor.closed;
      expect({ closeCode, reason }).toEqual({ closeCode: 1008, reason: expect.stringMatching(/^unauthorized/) });
      return at;
    });
    const refused = [one, other].map(async (replica) => {
      for (;;) {
        const { status, body } = await replica.get('/api/v1/whoami', bearer(token));
        if (status === 200) continue;
        expect({ status, code: body.error.code }).toEqual({ status: 401, code });
        return performance.now();
      }
    });
    return Math.max(...(await Promise.all([...closed, ...refused])));
  }

  // prettier-ignore
  it.each<[what: string, code: string, change: (held: Holder) => string]>([
    ['the sign-in is ended',         'token_revoked',  ({ sessionId }) => `UPDATE user_sessions SET revoked_at = now() WHERE id = '${sessionId}'`],
    ['all sign-ins are ended',       'token_revoked',  ({ userId }) => `UPDATE user_sessions SET revoked_at = now() WHERE user_id = '${userId}'`],
    ['the sign-in is cut short',     'token_expired',  ({ sessionId }) => `UPDATE user_sessions SET expires_at = now() WHERE id = '${sessionId}'`],
    ['the person is suspended',      'user_suspended', ({ userId }) => `UPDATE users SET status = 'suspended' WHERE id = '${userId}'`],
    ['the person is gone',           'token_mismatch', ({ userId }) => `DELETE FROM users WHERE id = '${userId}'`],
  ])('%s', async (_what, code, change) => {
    const held = await holder();
    const staying = await inUse((await holder()).token);
    const visitors = await inUse(held.token);
    const begun = performance.now();
    await rows(change(held));

    expect((await over(held.token, visitors, code)) - begun).toBeLessThan(BOUND_MS);
    expect(staying.map(({ isOpen }) => isOpen)).toEqual([true, true, true, true]);
    for (const visitor of staying) visitor.leave();
  });

  it('the tenant is suspended', async () => {
    const held = await holder();
    const tenantId = randomUUID();
    await rows(`INSERT INTO tenants (id, name) VALUES ('${tenantId}', '${tenantId}')`);
    const user = `${randomUUID()}@example.com`;
    await rows(`INSERT INTO users (tenant_id, email) VALUES ('${tenantId}', '${user}')`);
    await rows(
      `UPDATE gateway_tokens SET session_id = NULL, tenant_id = '${tenantId}',
              user_id = (SELECT id FROM users WHERE email = '${user}') WHERE user_id = '${held.userId}'`,
    );
    const visitors = await inUse(held.token);
    const begun = performance.now();
    await rows(`UPDATE tenants SET status = 'suspended' WHERE id = '${tenantId}'`);
    expect((await over(held.token, visitors, 'user_suspended')) - begun).toBeLessThan(BOUND_MS);
  });

  it('the token expires', async () => {
    const { token, userId } = await holder(4);
    const visitors = await inUse(token);
    const [left] = await rows(
      `SELECT extract(epoch FROM expires_at - clock_timestamp())::float8 AS s FROM gateway_tokens WHERE user_id = '${userId}'`,
    );
    const end = performance.now() + Number(left!['s']) * 1000;
    expect((await over(token, visitors, 'token_expired')) - end).toBeLessThan(EXPIRY_BOUND_MS);
  });
});
