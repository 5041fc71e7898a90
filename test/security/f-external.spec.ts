import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { bearer, type Reply, startGateway, type TestGateway } from '../helpers/gateway.js';
import { newKey, TestIssuer } from '../helpers/issuer.js';
import { World } from '../helpers/world.js';

let gateway: TestGateway;
let world: World;
let issuer: TestIssuer;
let elliptic: TestIssuer;
/** Somewhere that tokens point to, and nobody may go. */
let trap: TestIssuer;

beforeAll(async () => {
  const now = (): number => gateway.clock.now();
  [issuer, elliptic, trap] = await Promise.all([
    TestIssuer.start({ now }),
    TestIssuer.start({ now, alg: 'ES256' }),
    TestIssuer.start({ now }),
  ]);
  gateway = await startGateway({
    database: 'embedded',
    config: {
      gateway: { auth: { loopback: 'deny' } },
      accounts: {
        issuers: [
          { issuer: issuer.url, audience: 'doorward', provision: true, algorithms: ['RS256'] },
          {
            issuer: elliptic.url,
            audience: ['other', 'doorward'],
            provision: true,
            role: 'viewer',
            tenant: 'machines',
          },
        ],
      },
    },
  });
  world = new World(gateway);
  await world.rows(`INSERT INTO tenants (name) VALUES ('machines')`);
});

afterAll(async () => {
  await gateway?.close();
  await Promise.all([issuer, elliptic, trap].map((each) => each?.close()));
});

afterEach(() => world.forgive());

const exchange = (jwt: string, body?: object): Promise<Reply> =>
  gateway.call('/auth/gateway-token', { method: 'POST', headers: bearer(jwt), ...(body && { body }) });

const byOAuth = (jwt: string): Promise<Reply> =>
  gateway.call('/oauth/token', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: jwt,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    }).toString(),
  });

/** Refused at both doors, and nothing was done. */
async function expectRefused(jwt: string, code = 'token_mismatch'): Promise<void> {
  const before = await world.rows('SELECT count(*) FROM gateway_tokens');
  const { status, body } = await exchange(jwt);
  expect([status, body.error.code]).toEqual([401, code]);
  expect((await byOAuth(jwt)).status).toBe(400);
  expect(await world.rows('SELECT count(*) FROM gateway_tokens')).toEqual(before);
}

it('a good one is taken', async () => {
  const { status, body, headers } = await exchange(await issuer.sign());
  expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
  expect(body.gatewayToken).toMatch(/^[0-9a-f]{64}$/);
  expect((await byOAuth(await elliptic.sign())).status).toBe(200);
});

describe('S079: the algorithm is the configuration’s', () => {
  it.each(['none', 'None', 'NONE', 'nOnE', '', 'RS256 '])('S079: not alg %j', async (alg) => {
    await expectRefused(issuer.forge({ alg, typ: 'at+jwt', kid: issuer.key.kid }));
  });

  it.each(['HS256', 'hs256'])('S079: not %s with the public key as the secret', async (alg) => {
    for (const stand of [issuer, elliptic]) {
      const sign = stand === issuer ? await issuer.publicKeyAsSecret() : await elliptic.publicKeyAsSecret();
      await expectRefused(stand.forge({ alg, typ: 'at+jwt', kid: stand.key.kid }, stand.claims(), sign));
    }
  });

  it.each(['RS512', 'PS256', 'ES256', 'EdDSA'])('S079: not %s where the list says RS256', async (alg) => {
    const key = await newKey(alg);
    issuer.keys = [issuer.key.jwk, key.jwk];
    gateway.clock.advance(700_000);
    await expectRefused(await issuer.sign({}, {}, key));
    issuer.keys = [issuer.key.jwk];
    gateway.clock.advance(700_000);
  });

  it('S079: not a key that was published as a shared secret', async () => {
    issuer.keys = [{ kty: 'oct', k: 'c2VjcmV0', kid: 'shared', alg: 'HS256' }, issuer.key.jwk];
    gateway.clock.advance(700_000);
    await expectRefused(issuer.forge({ alg: 'HS256', kid: 'shared', typ: 'at+jwt' }));
    expect((await exchange(await issuer.sign())).status).toBe(200);
    issuer.keys = [issuer.key.jwk];
    gateway.clock.advance(700_000);
  });

  it('S079: not the key of another issuer', async () => {
    const key = await newKey('RS256', issuer.key.kid);
    await expectRefused(await issuer.sign({}, {}, key));
    await expectRefused(await issuer.sign({ iss: elliptic.url }));
  });

  it('S079: nothing that a token names is fetched or believed', async () => {
    const key = await newKey('RS256', `${trap.url}/keys`);
    trap.keys = [key.jwk];
    const headers = [
      { jku: `${trap.url}/keys` },
      { jku: `${trap.url}/keys`, kid: key.kid },
      { x5u: `${trap.url}/keys` },
      { jwk: key.jwk },
      { jwk: key.jwk, kid: undefined },
      { kid: '../../../../dev/null' },
      { crit: ['exp'] },
      { crit: ['b64'], b64: false },
    ];
    for (const header of headers) {
      const jwt = await issuer.sign({}, { ...header, crit: undefined, b64: undefined }, key);
      await expectRefused('crit' in header ? issuer.forge({ alg: 'RS256', kid: issuer.key.kid, ...header }) : jwt);
      await world.forgive();
    }
    expect(trap.asked).toEqual([]);
  });

  it('S079: not with anything of the signature changed', async () => {
    const good = await issuer.sign();
    const [header, payload, signature] = good.split('.') as [string, string, string];
    const other = Buffer.from(JSON.stringify(issuer.claims({ sub: 'admin' }))).toString('base64url');
    for (const jwt of [
      `${header}.${other}.${signature}`,
      `${header}.${payload}.`,
      `${header}.${payload}.${'A'.repeat(signature.length)}`,
      `${header}.${payload}`,
      `${good}.`,
      `${good}.${signature}`,
    ]) {
      await expectRefused(jwt);
    }
  });
});

describe('S081: what a token must say', () => {
  // prettier-ignore
  it.each([
    ['an aud for somebody else',     { aud: 'somebody else' }],
    ['an aud that begins alike',     { aud: 'doorward-staging' }],
    ['an aud in capitals',           { aud: 'DOORWARD' }],
    ['no aud',                       { aud: undefined }],
    ['an empty list as aud',         { aud: [] }],
    ['an aud that is no text',       { aud: [1, 'doorward'] }],
    ['an iss that begins alike',     { iss: 'http://127.0.0.1' }],
    ['no iss',                       { iss: undefined }],
    ['a list as iss',                { iss: ['x'] }],
    ['no sub',                       { sub: undefined }],
    ['a blank sub',                  { sub: ' ' }],
    ['a sub that is no text',        { sub: 7 }],
    ['a sub beyond all names',       { sub: 'x'.repeat(256) }],
    ['no exp',                       { exp: undefined }],
    ['an exp in words',              { exp: '9999999999' }],
    ['an exp of null',               { exp: null }],
    ['an exp in the list',           { exp: [9_999_999_999] }],
    ['an exp beyond all dates',      { exp: 1e300 }],
    ['an exp in milliseconds',       { exp: Date.now() + 300_000 }],
    ['an exp in ten years',          { exp: Math.floor(Date.now() / 1000) + 315_360_000 }],
    ['a negative exp',               { exp: -1 }],
    ['no nbf',                       { nbf: undefined }],
    ['an nbf in words',              { nbf: '0' }],
    ['an iat in words',              { iat: 'now' }],
    ['a key that it is bound to',    { cnf: { jkt: 'x' } }],
  ] as const)('S081: not %s', async (_what, claims) => {
    await expectRefused(await issuer.sign(claims));
  });

  it('S081: not an exp with a fraction', async () => {
    const now = gateway.clock.now() / 1000;
    await expectRefused(await issuer.sign({ exp: Math.floor(now) + 300.5 }));
    await expectRefused(await issuer.sign({ nbf: Math.floor(now) - 0.5 }));
  });

  it('S081: a clock may be off by sixty seconds, and not by sixty-one', async () => {
    const now = Math.floor(gateway.clock.now() / 1000);
    const at = (begins: number, ends: number) => issuer.sign({ iat: begins, nbf: begins, exp: ends });

    expect((await exchange(await at(now - 300, now - 59))).status).toBe(200);
    await expectRefused(await at(now - 300, now - 60), 'token_expired');
    await expectRefused(await at(now - 300, now - 61), 'token_expired');
    expect((await exchange(await at(now + 60, now + 300))).status).toBe(200);
    await expectRefused(await at(now + 61, now + 300));
    await expectRefused(await issuer.sign({ iat: now + 61 }));
  });

  it('S081: a token that was good ends, also one that is remembered', async () => {
    const jwt = await issuer.sign();
    expect((await exchange(jwt)).status).toBe(200);
    gateway.clock.advance(361_000);
    await expectRefused(jwt, 'token_expired');
  });

  it('S081: who made up an old token is not told that it was good once', async () => {
    const now = Math.floor(gateway.clock.now() / 1000);
    const key = await newKey('RS256', issuer.key.kid);
    await expectRefused(await issuer.sign({ iat: now - 900, nbf: now - 900, exp: now - 600 }, {}, key));
  });

  // prettier-ignore
  it.each([
    ['with a nonce',            { nonce: 'n' },      { typ: 'JWT' }],
    ['with an at_hash',         { at_hash: 'h' },    { typ: undefined }],
    ['with a c_hash',           { c_hash: 'h' },     { typ: 'jwt' }],
    ['that says so itself',     { typ: 'ID' },       { typ: 'JWT' }],
    ['of a log-out',            {},                  { typ: 'logout+jwt' }],
    ['of a security event',     {},                  { typ: 'secevent+jwt' }],
    ['of a proof',              {},                  { typ: 'dpop+jwt' }],
    ['of no kind',              {},                  { typ: 7 }],
  ] as const)('S081: an ID token is no access token: %s', async (_what, claims, header) => {
    const signed = typeof header.typ === 'number' ? undefined : await issuer.sign(claims, header);
    await expectRefused(signed ?? issuer.forge({ alg: 'RS256', kid: issuer.key.kid, ...header }));
  });

  it('S081: an access token that is not typed is one all the same', async () => {
    expect((await exchange(await issuer.sign({}, { typ: 'JWT' }))).status).toBe(200);
    expect((await exchange(await issuer.sign({}, { typ: undefined }))).status).toBe(200);
    expect((await exchange(await issuer.sign({}, { typ: 'application/at+jwt' }))).status).toBe(200);
  });
});

it('S076: tokens that begin alike stay two, and a third that begins like them is none', async () => {
  const padding = 'x'.repeat(64);
  const [one, two] = (await Promise.all(
    ['one', 'two'].map((sub) => issuer.sign({ _: padding, sub }, { _: padding })),
  )) as [string, string];
  expect(one.slice(0, 100)).toBe(two.slice(0, 100));
  const tokens = await Promise.all(
    [one, two, one, two].map(async (jwt) => (await exchange(jwt)).body.gatewayToken as string),
  );
  const users = await Promise.all(
    tokens.map(async (token) => (await gateway.get('/api/v1/whoami', bearer(token))).body.user as string),
  );
  expect(new Set(users).size).toBe(2);
  expect([users[0], users[1]]).toEqual([users[2], users[3]]);
  await expectRefused(`${one.slice(0, one.lastIndexOf('.'))}.${two.slice(two.lastIndexOf('.') + 1)}`);
});

it('S083: a token for each exchange, for an hour, and none for a suspended tenant', async () => {
  const jwt = await elliptic.sign({ sub: 'worker' });
  const made = [];
  for (let n = 0; n < 50; n++) made.push((await exchange(jwt)).body as { gatewayToken: string; expiresAt: string });
  expect(new Set(made.map(({ gatewayToken }) => gatewayToken)).size).toBe(50);
  expect(Date.parse(made[0]!.expiresAt)).toBeLessThanOrEqual(gateway.clock.now() + 3_600_000);

  await world.rows(`UPDATE tenants SET status = 'suspended' WHERE name = 'machines'`);
  expect((await exchange(jwt)).body.error.code).toBe('user_suspended');
  await world.rows(`UPDATE tenants SET status = 'active' WHERE name = 'machines'`);
  expect((await exchange(jwt)).status).toBe(200);
});

it('S085: neither claims nor members give more than the configuration does', async () => {
  const jwt = await elliptic.sign({
    sub: 'climber',
    role: 'owner',
    tenant_id: 'x',
    scope: 'operator.admin',
    groups: ['admin'],
  });
  const { body } = await exchange(jwt);
  const { body: me } = await gateway.get('/api/v1/whoami', bearer(body.gatewayToken as string));
  expect(me.scopes).toEqual(['operator.read']);
  const [tenant] = await world.rows<{ id: string }>(`SELECT id FROM tenants WHERE name = 'machines'`);
  expect(me.tenantId).toBe(tenant!.id);

  for (const more of [{ tenantId: 'x' }, { userId: 'x' }, { role: 'owner' }, { expiresIn: 1e9 }]) {
    expect((await exchange(jwt, more)).status).toBe(400);
  }
});

it('S142: what no key signed counts as a wrong credential', async () => {
  const jwt = await issuer.sign({}, {}, await newKey('RS256', issuer.key.kid));
  for (let n = 0; n < 20; n++) expect((await exchange(jwt)).status).toBe(401);
  expect((await exchange(await issuer.sign())).status).toBe(429);
});
