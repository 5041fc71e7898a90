import { createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign as signBytes } from 'node:crypto';
import { SigningKeysService } from '../../src/accounts/signing-keys.service.js';
import { UserSessionsService } from '../../src/accounts/user-sessions.service.js';
import { UsersService } from '../../src/accounts/users.service.js';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import { callerOf, newAddress, PASSWORD } from '../accounts/people.js';
import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { World } from '../helpers/world.js';

let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  gateway = await startGateway({
    config: { gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' } }, accounts: { registration: 'open' } },
    database: 'embedded',
  });
  world = new World(gateway);
});
afterAll(() => gateway.close());
beforeEach(() => world.forgive());

interface Parts {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token of somebody who has just signed in, taken apart, and the key that signs such tokens. */
async function token(): Promise<Parts & { jwt: string; key: KeyObject; userId: string }> {
  const user = await world.get(UsersService).findOrCreate(newAddress(), 'member', HOUSE_TENANT);
  const { tokens } = await world.get(UserSessionsService).start(user, { method: 'password' });
  const [header, claims] = tokens.accessToken
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>);
  const { key } = await world.get(SigningKeysService).signer();
  return { header: header!, claims: claims!, jwt: tokens.accessToken, key, userId: user.id };
}

/** Signed as ours are, whatever stands in it. */
function signed({ header, claims }: Parts, key: KeyObject): string {
  const text = `${encode(header)}.${typeof claims === 'string' ? claims : encode(claims)}`;
  return `${text}.${signBytes('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

const me = (jwt: string) => gateway.get('/auth/me', bearer(jwt));

it('a token that is taken apart and signed again by our key is good: so the cases below fail for their own reason', async () => {
  const { header, claims, key } = await token();
  expect((await me(signed({ header, claims }, key))).status).toBe(200);
});

describe('S079: the algorithm is that of the key, whatever the token says', () => {
  it.each(['none', 'None', 'NONE', 'nOnE'])('%s, without a signature', async (alg) => {
    const { header, claims } = await token();
    for (const signature of ['', '.', 'AA']) {
      const jwt = `${encode({ ...header, alg })}.${encode(claims)}.${signature}`;
      expect((await me(jwt)).status).toBe(401);
    }
  });

  it.each(['pem', 'jwk', 'der'])('HS256, keyed with our public key as %s', async (form) => {
    const { header, claims } = await token();
    const { keys } = await world.get(SigningKeysService).jwks();
    const { createPublicKey } = await import('node:crypto');
    const publicKey = createPublicKey({ key: keys[0] as never, format: 'jwk' });
    const secret = form === 'jwk' ? JSON.stringify(keys[0]) : publicKey.export({ format: form as 'pem', type: 'spki' });
    const text = `${encode({ ...header, alg: 'HS256' })}.${encode(claims)}`;
    const mac = createHmac('sha256', secret).update(text).digest('base64url');
    expect((await me(`${text}.${mac}`)).status).toBe(401);
  });

  it.each(['ES384', 'ES512', 'RS256', 'PS256', 'EdDSA', 'ES256K', 'es256', ''])(
    '%s, signed by our key',
    async (alg) => {
      const { header, claims, key } = await token();
      expect((await me(signed({ header: { ...header, alg }, claims }, key))).status).toBe(401);
    },
  );

  it('another key, that the token brings along or names', async () => {
    const { header, claims } = await token();
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' });
    for (const more of [
      {},
      { jwk },
      { jku: `${gateway.url}/.well-known/jwks.json` },
      { x5u: 'http://127.0.0.1:9/key' },
      { kid: undefined },
      { kid: randomUUID() },
      { kid: "' OR 1=1 --" },
      { kid: ['a'] },
      { crit: ['exp'] },
    ]) {
      expect((await me(signed({ header: { ...header, ...more }, claims }, privateKey))).status).toBe(401);
      await world.forgive();
    }
  });

  it('a signature in another form, or of another token', async () => {
    const { header, claims, key, jwt } = await token();
    const text = `${encode(header)}.${encode(claims)}`;
    const der = signBytes('sha256', Buffer.from(text), key).toString('base64url');
    const other = (await token()).jwt.split('.')[2]!;
    for (const signature of [der, other, '', 'AAAA', jwt.split('.')[2]!.slice(0, -4)]) {
      expect((await me(`${text}.${signature}`)).status).toBe(401);
    }
    expect((await me(jwt.replace(/^[^.]+/, encode({ ...header, alg: 'none' })))).status).toBe(401);
  });
});

describe('S081: claims', () => {
  const now = Math.floor(Date.now() / 1000);

  it.each<[string, Record<string, unknown>]>([
    ['another issuer', { iss: 'https://evil.example' }],
    ['no issuer', { iss: undefined }],
    ['several issuers', { iss: ['doorward'] }],
    ['another audience', { aud: 'another-service' }],
    ['no audience', { aud: undefined }],
    ['several audiences', { aud: ['doorward', 'another-service'] }],
    ['no subject', { sub: undefined }],
    ['a subject that is no id', { sub: 'ana@example.com' }],
    ['somebody else as subject', { sub: randomUUID() }],
    ['another tenant', { tenant_id: randomUUID() }],
    ['no sign-in', { sid: undefined }],
    ['a sign-in that never was', { sid: randomUUID() }],
    ['no end', { exp: undefined }],
    ['an end in words', { exp: String(now + 600) }],
    ['an end with a fraction', { exp: now + 600.5 }],
    ['an end that is far away', { exp: now + 10 * 365 * 86_400 }],
    ['an end that is no number that there is', { exp: Number.MAX_SAFE_INTEGER + 2 }],
    ['an end below zero', { exp: -1 }],
    ['no beginning', { iat: undefined }],
    ['a beginning in words', { iat: String(now) }],
    ['a beginning 61 s ahead', { iat: now + 61, exp: now + 661 }],
    ['not before 61 s from now', { nbf: now + 61 }],
    ['not before, in words', { nbf: 'now' }],
    ['no id of its own', { jti: undefined }],
  ])('%s', async (_, wrong) => {
    const { header, claims, key } = await token();
    const reply = await me(signed({ header, claims: { ...claims, ...wrong } }, key));
    expect(reply.status).toBe(401);
    expect(reply.body.error.code).toMatch(/^token_(mismatch|revoked)$/);
  });

  it('past its end, by a second', async () => {
    const { header, claims, key } = await token();
    const past = { ...claims, iat: now - 901, exp: now - 1 };
    expect((await me(signed({ header, claims: past }, key))).body.error.code).toBe('token_expired');
  });

  it.each<[string, unknown]>([
    ['an ID token', 'JWT'],
    ['another kind of token', 'logout+jwt'],
    ['no kind', undefined],
    ['a kind with another case', 'AT+JWT'],
  ])('%s instead of an access token', async (_, typ) => {
    const { header, claims, key } = await token();
    expect((await me(signed({ header: { ...header, typ }, claims }, key))).status).toBe(401);
  });

  it.each(['null', '[]', '"text"', '{', '7'])('a payload of %s', async (text) => {
    const { header, key } = await token();
    const body = Buffer.from(text).toString('base64url');
    expect((await me(signed({ header, claims: body as never }, key))).status).toBe(401);
  });

  it('a member twice: what a reader takes is judged, not what another one would', async () => {
    const { header, claims, key } = await token();
    const twice = JSON.stringify(claims)
      .replace('{', '{"aud":"doorward",')
      .replace(/"aud":"doorward",(?!.*"aud")/, '"aud":"x",');
    const jwt = signed({ header, claims: Buffer.from(twice).toString('base64url') as never }, key);
    expect((await me(jwt)).status).toBe(401);
  });
});

it('S076: tokens that begin alike are told apart, also once they are remembered', async () => {
  const [ana, ben] = [await token(), await token()];
  expect(ana.jwt.slice(0, 100)).toBe(ben.jwt.slice(0, 100));
  for (let round = 0; round < 2; round++) {
    expect((await me(ana.jwt)).body.user.id).toBe(ana.userId);
    expect((await me(ben.jwt)).body.user.id).toBe(ben.userId);
  }
  expect((await me(`${ana.jwt.slice(0, -3)}AAA`)).status).toBe(401);
  expect((await me(`${ana.jwt}A`)).status).toBe(401);
});

describe('S083: what is issued', () => {
  it('is random, never the same, and never kept by a cache', async () => {
    const user = await world.get(UsersService).findOrCreate(newAddress(), 'member', HOUSE_TENANT);
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const { tokens } = await world.get(UserSessionsService).start(user, { method: 'password' });
      expect(tokens.refreshToken).toMatch(/^dwr_[A-Za-z0-9_-]{43}$/);
      seen.add(tokens.refreshToken);
    }
    expect(seen.size).toBe(200);
  });

  it('is nothing while the tenant is suspended', async () => {
    const post = callerOf(gateway);
    const { body } = await post('/auth/register', { email: newAddress(), password: PASSWORD });
    await world.change({ kind: 'tenant', id: body.tenant.id }, `UPDATE tenants SET status = 'suspended' WHERE id = $1`);

    expect((await me(body.tokens.accessToken)).body.error.code).toBe('user_suspended');
    const refreshed = await post('/auth/refresh', { refreshToken: body.tokens.refreshToken });
    expect(refreshed.body.error.code).toBe('user_suspended');
    const again = await post('/auth/login', { email: body.user.email, password: PASSWORD });
    expect(again.body.error.code).toBe('user_suspended');
  });
});

it.each([
  ['/auth/login', { role: 'owner' }],
  ['/auth/login', { tenantId: HOUSE_TENANT }],
  ['/auth/register', { role: 'owner', tenantId: HOUSE_TENANT }],
  ['/auth/register', { emailVerified: true }],
  ['/auth/register', { status: 'active' }],
  ['/auth/refresh', { expiresIn: 1e9 }],
  ['/auth/refresh', { sessionId: randomUUID() }],
])('S085: %s takes no member that it does not know: %j', async (path, more) => {
  const fields = path === '/auth/refresh' ? { refreshToken: 'x' } : { email: newAddress(), password: PASSWORD };
  const reply = await callerOf(gateway)(path, { ...fields, ...more });

  expect(reply.status).toBe(400);
  const paths = (reply.body.error.fields as { path: string }[]).map((field) => field.path);
  expect(paths).toEqual(expect.arrayContaining(Object.keys(more)));
});

it('S086: a gateway whose clock is two hours behind refuses what has expired by the clock of the database', async () => {
  const { header, claims, key } = await token();
  const seconds = Math.floor(Date.now() / 1000);
  const expired = signed({ header, claims: { ...claims, iat: seconds - 901, exp: seconds - 1 } }, key);
  const good = signed({ header, claims }, key);
  // The other way round: its clock stays, and that of the token and the database are ahead.
  gateway.clock.advance(-7_200_000);
  await world.rows(`SELECT pg_notify('doorward_changes', 'session ' || $1::text)`, [String(claims['sid'])]);

  expect((await me(expired)).body.error.code).toBe('token_expired');
  expect((await me(good)).status).toBe(200);
  gateway.clock.advance(7_200_000);
});

describe('S142: every secret has the limit', () => {
  const post = callerOf;
  const tries: [string, (i: number) => ReturnType<typeof me>][] = [
    ['access tokens', (i) => me(`a.b.${i}`)],
    ['refresh tokens', (i) => post(gateway)('/auth/refresh', { refreshToken: `dwr_${i}` })],
    ['passwords', (i) => post(gateway)('/auth/login', { email: `s142-${i}@example.com`, password: `Wrong-${i}` })],
    ['codes of resets', (i) => post(gateway)('/auth/reset-password/confirm', { code: `x${i}`, password: PASSWORD })],
    ['codes of addresses', (i) => post(gateway)('/auth/verify-email', { code: `x${i}` })],
    [
      'invitations',
      (i) => post(gateway)('/auth/register', { email: newAddress(), password: PASSWORD, invitation: `x${i}` }),
    ],
  ];

  it.each(tries)('%s', async (_, attempt) => {
    for (let i = 0; i < 20; i++) expect((await attempt(i)).status).toBeLessThan(429);

    const reply = await attempt(21);
    expect(reply.status).toBe(429);
    expect(reply.body.error.code).toBe('rate_limited');
    expect((await me((await token()).jwt)).status).toBe(429);
  });

  it('all of them together, with those of the chain', async () => {
    for (let i = 0; i < 20; i++) {
      const attempt = i % 2 ? tries[i % tries.length]![1](i) : gateway.get('/api/v1/whoami', bearer(`wrong-${i}`));
      expect((await attempt).status).toBeLessThan(429);
    }
    expect((await gateway.get('/api/v1/whoami', bearer(HOUSE_TOKEN))).status).toBe(429);
  });
});

it('S143: one person is one person, however their address is written', async () => {
  const email = newAddress();
  const spellings = [email, email.toUpperCase(), ` ${email} `, `${email[0]!.toUpperCase()}${email.slice(1)}`];
  const outcomes: number[] = [];
  for (let i = 0; i < 12; i++) {
    const body = { email: spellings[i % spellings.length], password: 'Wrong-Horse-9' };
    outcomes.push((await callerOf(gateway, `127.0.9.${i + 1}`)('/auth/login', body)).status);
  }

  expect(outcomes).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
  const taken = { email: newAddress(), password: PASSWORD };
  expect((await callerOf(gateway)('/auth/register', taken)).status).toBe(201);
  const again = { ...taken, email: ` ${taken.email.toUpperCase()}` };
  expect((await callerOf(gateway)('/auth/register', again)).status).toBe(400);
});
