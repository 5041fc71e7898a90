import { randomBytes, randomUUID } from 'node:crypto';
import { digest } from '../../src/kernel/crypto.js';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import { Database } from '../../src/storage/database.js';
import { exchanged, newTenant, postForm, serviceToken, signedIn } from '../accounts/signed-in.js';
import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { DOORS, knock } from '../helpers/knock.js';
import { unknownToken, World } from '../helpers/world.js';

let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  gateway = await startGateway({
    config: { gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' } } },
    database: 'embedded',
  });
  world = new World(gateway);
});
afterAll(() => gateway.close());
afterEach(() => world.forgive());

const outcome = async (token: string, door: (typeof DOORS)[number] = 'REST') =>
  (await knock(gateway, door, { token })).outcome;

/** A token of a tenant with a value of our choosing. */
async function tokenOf(tenantId: string, token: string): Promise<{ email: string }> {
  const { userId, email } = await signedIn(world, { tenantId });
  await world.rows(
    `INSERT INTO gateway_tokens (token_digest, tenant_id, user_id, expires_at) VALUES ($1, $2, $3, now() + interval '1 hour')`,
    [digest(token), tenantId, userId],
  );
  return { email };
}

describe.each(DOORS)('S069: over %s', (door) => {
  it('of valid, expired, revoked and unknown tokens only the first comes in', async () => {
    const [valid, expired, revoked] = [await world.person(), await world.person(), await world.person()];
    // Both are known to this gateway: the caches are warm, and the clock that decides is the database's.
    for (const { token } of [valid, expired, revoked]) expect(await outcome(token, door)).toBe('gateway-token');
    const change = (id: string, what: string) =>
      world.change({ kind: 'gateway-token', id }, `UPDATE gateway_tokens SET ${what} WHERE id = $1`);
    await change(expired.id, `expires_at = now() - interval '1 second'`);
    await change(revoked.id, 'revoked_at = now()');

    expect(await outcome(valid.token, door)).toBe('gateway-token');
    expect(await outcome(expired.token, door)).toBe('token_expired');
    expect(await outcome(revoked.token, door)).toBe('token_revoked');
    expect(await outcome(unknownToken(), door)).toBe('token_mismatch');
  });
});

it('S069: every one of them is refused in the same words', async () => {
  const ended = await world.person();
  await world.rows('UPDATE gateway_tokens SET revoked_at = now() WHERE id = $1', [ended.id]);
  const replies = await Promise.all(
    [ended.token, unknownToken()].map((token) => gateway.get('/api/v1/whoami', bearer(token))),
  );
  for (const { status, body, headers } of replies) {
    expect([status, body.error.message, body.error.type]).toEqual([401, 'Unauthorized', 'unauthorized']);
    expect(headers['www-authenticate']).toBe('Bearer');
  }
});

describe('S070: what is presented is a value, never SQL', () => {
  const EVIL = [
    `' OR '1'='1`,
    `'; DROP TABLE gateway_tokens; --`,
    `${'a'.repeat(63)}'`,
    `' || pg_sleep(5) || '`,
    `%`,
    `_`.repeat(64),
    '$1',
    `\\x27 UNION SELECT token_digest FROM gateway_tokens --`,
  ];

  it('in any place where a token, a code or a client is taken', async () => {
    const { token: service } = await serviceToken(gateway, HOUSE_TOKEN);
    const statements: string[] = [];
    const database = world.get(Database);
    const query = database.query.bind(database);
    const spy = jest.spyOn(database, 'query').mockImplementation((sql: string, parameters?: readonly unknown[]) => {
      statements.push(sql);
      return query(sql, parameters) as never;
    });
    const begun = performance.now();
    for (const evil of EVIL) {
      await world.forgive();
      expect((await gateway.get('/api/v1/whoami', bearer(evil))).status).toBe(401);
      const exchange = { method: 'POST', headers: bearer(evil) };
      expect((await gateway.call('/auth/gateway-token', exchange)).status).toBe(401);
      for (const [path, form] of [
        ['/oauth/token', { grant_type: 'refresh_token', refresh_token: evil }],
        [
          '/oauth/token',
          { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: evil, client_id: evil },
        ],
        ['/oauth/introspect', { token: 'x', client_id: evil, client_secret: evil }],
      ] as const)
        expect([400, 401]).toContain((await postForm(gateway, path, form)).status);
      const inactive = await postForm(gateway, '/oauth/introspect', { token: evil }, bearer(service));
      expect(inactive.text).toBe('{"active":false}');
      expect((await postForm(gateway, '/oauth/revoke', { token: evil }, bearer(service))).status).toBe(200);
    }
    spy.mockRestore();

    expect(performance.now() - begun).toBeLessThan(5000 * EVIL.length);
    expect(statements.length).toBeGreaterThan(0);
    for (const evil of EVIL.slice(0, 5).filter((text) => text.length > 1))
      expect(statements.filter((sql) => sql.includes(evil))).toEqual([]);
    expect(await outcome((await world.person()).token)).toBe('gateway-token');
  });
});

it('S071: nothing that the table holds opens anything', async () => {
  const { id, token } = await world.person();
  const [row] = await world.rows('SELECT * FROM gateway_tokens WHERE id = $1', [id]);

  expect(JSON.stringify(row)).not.toContain(token);
  for (const value of Object.values(row!).filter((stored) => typeof stored === 'string')) {
    expect(await outcome(value as string)).toBe('token_mismatch');
    await world.forgive();
  }
});

describe.each(DOORS)('S075: over %s a token is taken to the letter', (door) => {
  // prettier-ignore
  it.each<[what: string, change: (token: string) => string]>([
    ['in upper case',             (token) => token.toUpperCase()],
    ['without its last letter',   (token) => token.slice(0, -1)],
    ['with one letter more',      (token) => `${token}0`],
    ['with other digits',         (token) => token.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))],
    ['with a blank inside',       (token) => `${token.slice(0, 32)} ${token.slice(32)}`],
  ])('%s it is another one', async (_what, change) => {
    const { token } = await world.person();
    expect(await outcome(token, door)).toBe('gateway-token');
    // All letters and no digit, or the other way round, would be left as it is by one of these.
    const changed = change(token);
    expect(changed === token ? 'token_mismatch' : await outcome(changed, door)).toBe('token_mismatch');
  });
});

it.each(DOORS.filter((door) => door !== 'REST'))('S075: over %s blanks around it belong to it', async (door) => {
  const { token } = await world.person();
  for (const around of [` ${token}`, `${token} `, `${token}\n`]) {
    expect(await outcome(around, door)).toBe('token_mismatch');
    await world.forgive();
  }
});

describe('S076: a cache goes by the whole of a token', () => {
  it('of two with the same first half each is its own, and a third with it is nobody', async () => {
    const half = randomBytes(16).toString('hex');
    const [one, other, forged] = Array.from({ length: 3 }, () => half + randomBytes(16).toString('hex')) as [
      string,
      string,
      string,
    ];
    const [tenantA, tenantB] = [await newTenant(world), await newTenant(world)];
    const { email: ana } = await tokenOf(tenantA, one);
    const { email: ben } = await tokenOf(tenantB, other);

    for (let i = 0; i < 3; i += 1) {
      expect((await gateway.get('/api/v1/whoami', bearer(one))).body).toMatchObject({ user: ana, tenantId: tenantA });
      expect((await gateway.get('/api/v1/whoami', bearer(other))).body).toMatchObject({ user: ben, tenantId: tenantB });
      expect(await outcome(forged)).toBe('token_mismatch');
    }
  });

  it('and so for JWTs, which all begin alike', async () => {
    const [ana, ben] = [await signedIn(world), await signedIn(world, { tenantId: await newTenant(world) })];
    expect(ana.accessToken.slice(0, 32)).toBe(ben.accessToken.slice(0, 32));
    const forged = `${ana.accessToken.slice(0, -12)}${randomBytes(9).toString('base64url')}`;
    for (let i = 0; i < 2; i += 1) {
      for (const { accessToken, email } of [ana, ben]) {
        const token = await exchanged(gateway, accessToken);
        expect((await gateway.get('/api/v1/whoami', bearer(token))).body.user).toBe(email);
      }
      const reply = await gateway.call('/auth/gateway-token', { method: 'POST', headers: bearer(forged) });
      expect([reply.status, reply.body.error.code]).toEqual([401, 'token_mismatch']);
    }
  });

  it('an access token opens no route of the chain, and a gateway token no route of the signed-in', async () => {
    const { accessToken } = await signedIn(world);
    const token = await exchanged(gateway, accessToken);
    expect(await outcome(accessToken)).toBe('token_mismatch');
    expect((await gateway.get('/auth/gateway-tokens', bearer(token))).body.error.code).toBe('token_mismatch');
  });
});

describe('S078: of the tokens of another tenant', () => {
  it('nothing is seen, named, ended or told apart from what does not exist', async () => {
    const tenantId = await newTenant(world);
    const admin = await exchanged(gateway, (await signedIn(world, { role: 'admin', tenantId })).accessToken);
    const mine = await signedIn(world);
    const token = await exchanged(gateway, mine.accessToken, { label: 'ours' });
    const { body } = await gateway.get('/auth/gateway-tokens', bearer(mine.accessToken));
    const { id } = body.items[0] as { id: string };
    const stranger = await signedIn(world, { tenantId });

    const asked = async (which: string) => {
      const path = `/api/v1/tokens/${which}`;
      const rename = { method: 'PATCH', headers: bearer(admin), body: { label: 'theirs' } };
      const replies = [
        await gateway.call(path, rename),
        await gateway.call(path, { method: 'DELETE', headers: bearer(admin) }),
        await gateway.call(`/auth/gateway-tokens/${which}`, {
          method: 'DELETE',
          headers: bearer(stranger.accessToken),
        }),
      ];
      return replies.map(({ status, body: { error } }) => [status, error.code, error.message]);
    };
    expect(await asked(id)).toEqual(await asked(randomUUID()));
    expect((await asked(id)).map(([status]) => status)).toEqual([404, 404, 404]);
    const { text } = await gateway.get('/api/v1/tokens?limit=200', bearer(admin));
    expect(text).not.toContain(id);
    // Nor by a cursor that is one of our ids.
    const paged = await gateway.get(`/api/v1/tokens?limit=200&cursor=${id}`, bearer(admin));
    expect(paged.body.items).toEqual([]);
    expect((await gateway.get('/api/v1/whoami', bearer(token))).status).toBe(200);
  });
});

describe('S083: POST /auth/gateway-token', () => {
  it('gives a thousand tokens that are all different, for an hour at most, and kept by nobody in between', async () => {
    const { accessToken } = await signedIn(world);
    const seen = new Set<string>();
    for (let i = 0; i < 50; i += 1) {
      const replies = await Promise.all(
        Array.from({ length: 20 }, () =>
          gateway.call('/auth/gateway-token', { method: 'POST', headers: bearer(accessToken) }),
        ),
      );
      for (const { status, body, headers } of replies) {
        expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
        expect(Date.parse(body.expiresAt as string)).toBeLessThanOrEqual(Date.now() + 3_601_000);
        seen.add(body.gatewayToken as string);
      }
    }
    expect(seen.size).toBe(1000);
    for (const token of seen) expect(token).toMatch(/^[0-9a-f]{64}$/);
  }, 120_000);

  // prettier-ignore
  it.each([
    ['a suspended tenant', 'user_suspended', 'tenants',       `status = 'suspended'`],
    ['a suspended person', 'user_suspended', 'users',         `status = 'suspended'`],
    ['a sign-in that ended', 'token_revoked', 'user_sessions', `revoked_at = now()`],
  ] as const)('gives none to %s', async (_what, code, table, change) => {
    const tenantId = await newTenant(world);
    const { accessToken, userId, sessionId } = await signedIn(world, { tenantId });
    expect(await exchanged(gateway, accessToken)).toHaveLength(64);
    const [kind, id] = { tenants: ['tenant', tenantId], users: ['user', userId], user_sessions: ['session', sessionId] }[
      table
    ] as ['tenant' | 'user' | 'session', string];
    await world.change({ kind, id }, `UPDATE ${table} SET ${change} WHERE id = $1`);

    const { status, body } = await gateway.call('/auth/gateway-token', { method: 'POST', headers: bearer(accessToken) });
    expect([status, body.error.code]).toEqual([401, code]);
  });
});

describe('S085: what the exchange is not asked', () => {
  // prettier-ignore
  it.each([
    ['tenantId',  { tenantId: HOUSE_TENANT }],
    ['expiresIn', { expiresIn: 31_536_000 }],
    ['userId',    { userId: randomUUID() }],
    ['role',      { role: 'owner' }],
    ['kind',      { kind: 'service' }],
    ['sessionId', { sessionId: randomUUID() }],
  ])('is refused by name: %s', async (name, body) => {
    const { accessToken, userId } = await signedIn(world);
    const reply = await gateway.call('/auth/gateway-token', { method: 'POST', headers: bearer(accessToken), body });

    expect([reply.status, reply.body.error.fields[0].path]).toEqual([400, name]);
    expect(await world.rows('SELECT id FROM gateway_tokens WHERE user_id = $1', [userId])).toEqual([]);
  });

  it('scopes narrow, and never widen', async () => {
    const { accessToken } = await signedIn(world, { role: 'viewer' });
    const token = await exchanged(gateway, accessToken, { scopes: ['operator.read', 'operator.admin'] });
    expect((await gateway.get('/api/v1/whoami', bearer(token))).body.scopes).toEqual(['operator.read']);
    const nothing = { method: 'POST', headers: bearer(accessToken), body: { scopes: ['operator.admin'] } };
    const { status, body } = await gateway.call('/auth/gateway-token', nothing);
    expect([status, body.error.message]).toEqual([403, 'missing scope: operator.admin']);
  });
});

it.each(DOORS)('S086: over %s the clock of the database decides, whatever ours says', async (door) => {
  const behind = jest.spyOn(gateway.clock, 'now');
  const truth = gateway.clock.now();
  behind.mockImplementation(() => truth - 2 * 3_600_000);
  try {
    const { id, token } = await world.person();
    expect(await outcome(token, door)).toBe('gateway-token');
    const change = { kind: 'gateway-token', id } as const;
    await world.change(change, `UPDATE gateway_tokens SET expires_at = now() - interval '1 second' WHERE id = $1`);
    expect(await outcome(token, door)).toBe('token_expired');
  } finally {
    behind.mockRestore();
  }
});

it('who comes in, and as whom, is in the log and in the audit, and their secret in neither', async () => {
  const { accessToken, email, tenantId, userId } = await signedIn(world);
  const token = await exchanged(gateway, accessToken);
  const { requestId } = await knock(gateway, 'native', { token });
  await world.flushLog();

  const lines = gateway.log();
  expect(lines.findLast(({ event }) => event === 'gateway.connected')).toMatchObject({
    level: 'info',
    requestId,
    user: email,
    tenantId,
    method: 'gateway-token',
    principal: `gateway-token:${userId}`,
  });
  for (const secret of [token, accessToken]) expect(JSON.stringify(lines)).not.toContain(secret);
});
