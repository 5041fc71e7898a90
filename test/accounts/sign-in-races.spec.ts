import { randomUUID } from 'node:crypto';
import { UserSessionsService } from '../../src/accounts/user-sessions.service.js';
import { SetupCodes } from '../../src/accounts/registration/setup-codes.js';
import { digest } from '../../src/kernel/crypto.js';
import { bearer, HOUSE_TOKEN, type Reply, startGateway, type TestGateway } from '../helpers/gateway.js';
import { given } from '../helpers/given.js';
import { hasPostgres, type Postgres, startPostgres } from '../helpers/postgres.js';
import { World } from '../helpers/world.js';
import { type Caller, callerOf, newAddress, PASSWORD } from './people.js';

let gateway: TestGateway;
let world: World;
let post: Caller;

/** Gateways of single tests: closed however these end. */
const others: TestGateway[] = [];
async function another(options: Parameters<typeof startGateway>[0]): Promise<TestGateway> {
  const started = await startGateway(options);
  others.push(started);
  return started;
}
afterEach(() => Promise.all(others.splice(0).map((started) => started.close())));

async function begin(database: string): Promise<void> {
  gateway = await startGateway({
    config: { gateway: { auth: { token: HOUSE_TOKEN } }, accounts: { registration: 'open' } },
    database,
  });
  world = new World(gateway);
  post = callerOf(gateway);
}

async function registered() {
  const email = newAddress();
  const { body } = await post('/auth/register', { email, password: PASSWORD });
  return { email, ...body, ...body.tokens } as {
    email: string;
    user: { id: string };
    tenant: { id: string };
    accessToken: string;
    refreshToken: string;
  };
}

const refresh = (refreshToken: string): Promise<Reply> => post('/auth/refresh', { refreshToken });
const sessionOf = async (userId: string) => {
  const [row] = await world.rows<{ id: string; ended: boolean; end_reason: string | null }>(
    'SELECT id, revoked_at IS NOT NULL AS ended, end_reason FROM user_sessions WHERE user_id = $1',
    [userId],
  );
  return row!;
};

function races(): void {
  beforeEach(() => world.forgive());

  it('of 20 refreshes of one token at once one succeeds, and the sign-in has ended, every time', async () => {
    for (let round = 0; round < 5; round++) {
      const { refreshToken, accessToken, user, tenant } = await registered();

      const replies = await Promise.all(Array.from({ length: 20 }, () => refresh(refreshToken)));

      const outcomes = replies.map(({ status, body }) => (status === 200 ? 'renewed' : body.error.code)).sort();
      expect(outcomes).toEqual(['renewed', ...Array.from({ length: 19 }, () => 'token_revoked')]);
      const winner = replies.find(({ status }) => status === 200)!;
      expect((await refresh(winner.body.refreshToken)).body.error.code).toBe('token_revoked');
      for (const token of [accessToken, winner.body.accessToken]) {
        expect((await gateway.get('/auth/me', bearer(token))).body.error.code).toBe('token_revoked');
      }
      expect(await sessionOf(user.id)).toMatchObject({ ended: true, end_reason: 'replay' });
      const replays = await world.rows(
        `SELECT 1 FROM audit_events WHERE tenant_id = $1 AND action = 'session.replayed'`,
        [tenant.id],
      );
      expect(replays).toHaveLength(1);
    }
    // None of the replays was a guess.
    expect((await world.failures()).filter(({ source }) => !source.startsWith('mail:'))).toEqual([]);
  });

  it('a refresh whose commit fails spends nothing: the same token is good again', async () => {
    const { refreshToken, user } = await registered();
    await world.rows(`
      create function refuse_refresh() returns trigger language plpgsql as $$
      begin raise exception 'no room for it'; end $$`);
    await world.rows(`
      create constraint trigger refuse_refresh after insert on refresh_tokens deferrable initially deferred
        for each row execute function refuse_refresh()`);

    const failed = await refresh(refreshToken);
    await world.rows('drop trigger refuse_refresh on refresh_tokens');
    await world.rows('drop function refuse_refresh');

    expect(failed.status).toBe(500);
    expect(failed.text).not.toContain('no room');
    expect(await sessionOf(user.id)).toMatchObject({ ended: false });
    expect((await refresh(refreshToken)).status).toBe(200);
  });

  it('a sign-in that ends while it is renewed stays ended', async () => {
    for (let round = 0; round < 5; round++) {
      const { refreshToken, accessToken } = await registered();
      const out = gateway.call('/auth/logout', { method: 'POST', headers: bearer(accessToken) });
      const [renewed] = await Promise.all([refresh(refreshToken), out]);

      const next = renewed.body.refreshToken ?? refreshToken;
      expect((await refresh(next)).body.error.code).toBe('token_revoked');
    }
  });

  it('who signs in with the old password while it is changed is out in the end', async () => {
    const { email, accessToken, user } = await registered();
    const logins = Array.from({ length: 6 }, () => post('/auth/login', { email, password: PASSWORD }));
    const change = post(
      '/auth/change-password',
      { currentPassword: PASSWORD, newPassword: 'Another-Horse-8' },
      bearer(accessToken),
    );
    const [changed, ...replies] = await Promise.all([change, ...logins]);
    expect(changed.status).toBe(200);

    for (const { status, body } of replies) {
      const token = status === 200 ? body.tokens.accessToken : undefined;
      const standing = token === undefined ? 401 : (await gateway.get('/auth/me', bearer(token))).status;
      expect(standing).toBe(401);
    }
    const live = await world.rows('SELECT 1 FROM user_sessions WHERE user_id = $1 AND revoked_at IS NULL', [user.id]);
    expect(live).toHaveLength(1);
  });

  it('a password that is changed while it is checked lets nobody in any more', async () => {
    const { email, user } = await registered();
    const { user: neighbour } = await registered();
    // So many are checked before it that there is time to change it.
    const busy = Array.from({ length: 24 }, (_, i) =>
      callerOf(gateway, `127.0.10.${i + 1}`)('/auth/login', { email: newAddress(), password: 'x' }),
    );
    const late = post('/auth/login', { email, password: PASSWORD });
    for (let i = 0; i < 10; i++) await gateway.get('/auth/registration');
    await world.rows(
      `UPDATE user_passwords SET phc = (SELECT phc FROM user_passwords WHERE user_id = $2) WHERE user_id = $1`,
      [user.id, neighbour.id],
    );

    expect((await late).body.error.code).toBe('password_mismatch');
    await Promise.all(busy);
    expect((await post('/auth/login', { email, password: PASSWORD })).status).toBe(200);
  });

  it('of many who take an address at once one has it, and nothing is left of the others', async () => {
    const email = newAddress();
    const before = await world.rows<{ n: number }>('SELECT count(*)::int AS n FROM tenants');

    const replies = await Promise.all(
      Array.from({ length: 8 }, () => post('/auth/register', { email, password: PASSWORD })),
    );

    expect(replies.map(({ status }) => status).sort()).toEqual([201, 400, 400, 400, 400, 400, 400, 400]);
    const after = await world.rows<{ n: number }>('SELECT count(*)::int AS n FROM tenants');
    expect(after[0]!.n).toBe(before[0]!.n + 1);
  });
}

describe('in the embedded database', () => {
  beforeAll(() => begin('embedded'));
  afterAll(() => gateway.close());
  races();
});

given(hasPostgres, 'in PostgreSQL', () => {
  let server: Postgres;

  beforeAll(async () => {
    server = await startPostgres();
    await begin(await server.database());
  });
  afterAll(async () => {
    await gateway.close();
    await server.dispose();
  });
  races();

  it('of 40 refreshes at two gateways at once one succeeds', async () => {
    const url = await server.database();
    const gateways = await Promise.all([1, 2].map(() => another({ database: url })));
    const [one, other] = gateways as [TestGateway, TestGateway];
    const setupCode = await one.app.get(SetupCodes, { strict: false }).offer();
    const { body } = await callerOf(other)('/auth/register', { email: newAddress(), password: PASSWORD, setupCode });
    const { refreshToken, accessToken } = body.tokens;
    expect((await one.get('/auth/me', bearer(accessToken))).status).toBe(200);

    const replies = await Promise.all(
      Array.from({ length: 40 }, (_, i) => callerOf(gateways[i % 2]!)('/auth/refresh', { refreshToken })),
    );

    const outcomes = replies.map(({ status, body: { error } }) => (status === 200 ? 'renewed' : error.code)).sort();
    expect(outcomes).toEqual(['renewed', ...Array.from({ length: 39 }, () => 'token_revoked')]);
  });

  it('of many who are first at two gateways at once one is', async () => {
    const url = await server.database();
    const gateways = await Promise.all([1, 2].map(() => another({ database: url })));
    const codes = await Promise.all(gateways.map(({ app }) => app.get(SetupCodes, { strict: false }).offer()));

    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, i) => {
        const body = { email: newAddress(), password: PASSWORD, setupCode: codes[(i >> 1) % 2] };
        return callerOf(gateways[i % 2]!, `127.0.11.${i + 1}`)('/auth/register', body);
      }),
    );

    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(replies.filter(({ status }) => status === 403)).toHaveLength(11);
    const owners = await server.query('select 1 from users where registered_at is not null', url);
    expect(owners).toHaveLength(1);
  });

  it('a replica with another encryption key signs with a key of its own, and all verify with both', async () => {
    const url = await server.database();
    const key = (letter: string) => ({ DOORWARD_ENCRYPTION_KEY: letter.repeat(64) });
    const one = await another({ database: url, environment: key('a') });
    const other = await another({ database: url, environment: key('b') });
    const setupCode = await one.app.get(SetupCodes, { strict: false }).offer();
    const credentials = { email: newAddress(), password: PASSWORD };
    const first = await callerOf(one)('/auth/register', { ...credentials, setupCode });
    const second = await callerOf(other)('/auth/login', credentials);

    const [kid, otherKid] = [first, second].map(({ body }) => {
      const [header] = (body.tokens.accessToken as string).split('.');
      return (JSON.parse(Buffer.from(header!, 'base64url').toString()) as { kid: string }).kid;
    });
    expect(kid).not.toBe(otherKid);
    for (const gateway of [one, other]) {
      for (const { body } of [first, second]) {
        expect((await gateway.get('/auth/me', bearer(body.tokens.accessToken))).status).toBe(200);
      }
    }
  });

  it('a sign-in that ends at one gateway ends at the other within a second', async () => {
    const url = await server.database();
    const [one, other] = (await Promise.all([1, 2].map(() => another({ database: url })))) as [
      TestGateway,
      TestGateway,
    ];
    const setupCode = await one.app.get(SetupCodes, { strict: false }).offer();
    const { body } = await callerOf(one)('/auth/register', { email: newAddress(), password: PASSWORD, setupCode });
    const me = () => other.get('/auth/me', bearer(body.tokens.accessToken));
    expect((await me()).status).toBe(200);

    await one.call('/auth/logout', { method: 'POST', headers: bearer(body.tokens.accessToken) });
    const ended = performance.now();
    while ((await me()).status === 200) expect(performance.now() - ended).toBeLessThan(1000);

    expect((await me()).body.error.code).toBe('token_revoked');
  });

  it('nobody is told wrong while the database is away, and what is certain is refused', async () => {
    const url = await server.database();
    const away = await another({ database: url });
    const setupCode = await away.app.get(SetupCodes, { strict: false }).offer();
    const here = callerOf(away);
    const credentials = { email: newAddress(), password: PASSWORD };
    const { body } = await here('/auth/register', { ...credentials, setupCode });
    const { accessToken, refreshToken } = body.tokens;

    await server.stop();
    const replies = [
      await here('/auth/login', credentials),
      await here('/auth/refresh', { refreshToken }),
      await away.get('/auth/me', bearer(accessToken)),
      await here('/auth/register', { email: newAddress(), password: PASSWORD, setupCode }),
      await here('/auth/reset-password/request', { email: credentials.email }),
    ];
    await server.restart();

    expect(replies.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
    for (const { headers } of replies) expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  });
});

it('refresh tokens are in the rows as digests', async () => {
  await begin('embedded');
  const { refreshToken, user } = await registered();
  const rows = await world.rows<{ token_digest: string }>(
    'SELECT t.* FROM refresh_tokens t JOIN user_sessions s ON s.id = t.session_id WHERE s.user_id = $1',
    [user.id],
  );
  expect(rows.map(({ token_digest }) => token_digest)).toEqual([digest(refreshToken)]);
  expect(JSON.stringify(rows)).not.toContain(refreshToken);
  expect(
    await world.get(UserSessionsService).end(randomUUID(), { id: user.id, tenantId: randomUUID() }, 'revoked'),
  ).toBe(false);
  await gateway.close();
});
