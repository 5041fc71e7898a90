import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { bearer, type Reply, startGateway, type TestGateway } from '../helpers/gateway.js';
import { newKey, TestIssuer } from '../helpers/issuer.js';
import { newSigningKey, TestProvider } from '../helpers/oidc-provider.js';
import { World } from '../helpers/world.js';
import { newTenant, signedIn } from './signed-in.js';

let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  gateway = await startGateway({ database: 'embedded', config: { gateway: { auth: { loopback: 'deny' } } } });
  world = new World(gateway);
});
afterAll(() => gateway?.close());
afterEach(() => world.forgive());

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

type Settings = Readonly<Record<string, unknown>>;

const configure = (...issuers: Settings[]): Promise<void> =>
  world.configure({ gateway: { auth: { loopback: 'deny' } }, accounts: { issuers } });

/** A new issuer, as the only one that the gateway trusts. */
async function trusted(settings: Settings = {}): Promise<TestIssuer> {
  const issuer = await TestIssuer.start({ now: () => gateway.clock.now() });
  open.push(issuer);
  await configure({ issuer: issuer.url, audience: 'doorward', provision: true, ...settings });
  return issuer;
}

const exchange = (jwt: string): Promise<Reply> =>
  gateway.call('/auth/gateway-token', { method: 'POST', headers: bearer(jwt) });

const said = ({ status, body }: Reply): string => (status === 200 ? 'ok' : String(body.error.code));

async function whoIs({ body }: Reply): Promise<Reply['body']> {
  return (await gateway.get('/api/v1/whoami', bearer(String(body.gatewayToken)))).body;
}

describe('a JWT of a real provider', () => {
  it('is exchanged, also when the provider has changed its keys', async () => {
    const provider = await TestProvider.start();
    await configure({ issuer: provider.issuer, audience: 'doorward', provision: true, role: 'viewer' });

    const reply = await exchange(await provider.accessToken());
    expect(said(reply)).toBe('ok');
    expect(await whoIs(reply)).toMatchObject({
      method: 'gateway-token',
      user: expect.stringMatching(/^[0-9a-f]{32}@external\.invalid$/),
      scopes: ['operator.read'],
    });

    const { port } = provider;
    await provider.close();
    const next = await TestProvider.start({ port, keys: [await newSigningKey('RS256', 'next')] });
    open.push(next);
    gateway.clock.advance(31_000);
    const again = await exchange(await next.accessToken());
    expect((await whoIs(again)).user).toBe((await whoIs(reply)).user);
  });

  it('that writes no nbf needs to be told of', async () => {
    const provider = await TestProvider.start({ withNotBefore: false });
    open.push(provider);
    const settings = { issuer: provider.issuer, audience: 'doorward', provision: true };
    await configure(settings);
    expect(said(await exchange(await provider.accessToken()))).toBe('token_mismatch');
    await configure({ ...settings, notBefore: 'optional' });
    expect(said(await exchange(await provider.accessToken()))).toBe('ok');
  });

  it('can be the ID token of somebody who signed in there, where that is wanted', async () => {
    const issuer = await trusted({ tokenType: 'id' });
    expect(said(await exchange(await issuer.sign({ nonce: 'n' }, { typ: 'JWT' })))).toBe('ok');
    expect(said(await exchange(await issuer.sign()))).toBe('token_mismatch');
  });

  it('can be asked to be typed', async () => {
    const issuer = await trusted({ tokenType: 'at+jwt' });
    expect(said(await exchange(await issuer.sign()))).toBe('ok');
    expect(said(await exchange(await issuer.sign({}, { typ: 'JWT' })))).toBe('token_mismatch');
  });
});

describe('the keys of an issuer', () => {
  it('are fetched once for many, and once more for a key that is new', async () => {
    const issuer = await trusted();
    const jwts = await Promise.all(Array.from({ length: 20 }, (_, n) => issuer.sign({ sub: `s${n}` })));
    expect(new Set((await Promise.all(jwts.map(exchange))).map(said))).toEqual(new Set(['ok']));
    expect(issuer.fetches).toBe(1);

    const key = await newKey('ES256');
    issuer.keys = [key.jwk];
    gateway.clock.advance(30_000);
    expect(said(await exchange(await issuer.sign({}, {}, key)))).toBe('ok');
    expect(issuer.fetches).toBe(2);
  });

  it('are not fetched at the will of whoever makes up key ids', async () => {
    const issuer = await trusted();
    expect(said(await exchange(await issuer.sign()))).toBe('ok');
    for (let n = 0; n < 10; n++) {
      const key = await newKey('ES256');
      expect(said(await exchange(await issuer.sign({}, {}, key)))).toBe('token_mismatch');
    }
    expect(issuer.fetches).toBe(1);
    gateway.clock.advance(30_000);
    for (let n = 0; n < 5; n++) await exchange(await issuer.sign({}, {}, await newKey('ES256')));
    expect(issuer.fetches).toBe(2);
  });

  it('that were withdrawn open nothing, also with a token that is remembered', async () => {
    const issuer = await trusted();
    const jwt = await issuer.sign({ exp: Math.floor(gateway.clock.now() / 1000) + 3600 });
    expect(said(await exchange(jwt))).toBe('ok');
    expect(said(await exchange(jwt))).toBe('ok');
    expect(issuer.fetches).toBe(1);

    issuer.keys = [(await newKey()).jwk];
    gateway.clock.advance(600_000);
    expect(said(await exchange(jwt))).toBe('token_mismatch');
  });

  it('serve for an hour while the issuer is down, and then nobody can tell', async () => {
    const issuer = await trusted();
    const jwt = await issuer.sign({ exp: Math.floor(gateway.clock.now() / 1000) + 7200 });
    expect(said(await exchange(jwt))).toBe('ok');
    issuer.answer = (_path, response) => {
      response.writeHead(500).end();
      return true;
    };

    gateway.clock.advance(3_599_000);
    expect(said(await exchange(jwt))).toBe('ok');
    gateway.clock.advance(31_000);
    const reply = await exchange(jwt);
    expect([reply.status, said(reply)]).toEqual([503, 'auth_unavailable']);
    expect(reply.headers['retry-after']).toBeDefined();

    delete issuer.answer;
    gateway.clock.advance(31_000);
    expect(said(await exchange(jwt))).toBe('ok');
  });

  it('that were never had are a 503, for a token with a key that is not known as well', async () => {
    const issuer = await trusted();
    issuer.answer = (path, response) => path === '/keys' && (response.writeHead(404).end(), true);
    expect((await exchange(await issuer.sign())).status).toBe(503);
    expect((await exchange(await issuer.sign())).status).toBe(503);
    expect(issuer.fetches).toBe(1); // not again at once
  });

  it.each([
    ['lead elsewhere', 302, '', { location: 'http://127.0.0.1:9/keys' }],
    ['never end', 200, 'x'.repeat(1_000_000), {}],
    ['are no JSON', 200, '<html>', {}],
    ['are no keys', 200, '{"keys":"none"}', {}],
    ['are a list', 200, '[]', {}],
  ] as const)('are not believed when they %s', async (_what, status, text, headers) => {
    const issuer = await trusted();
    issuer.answer = (path, response) => path === '/keys' && (response.writeHead(status, headers).end(text), true);
    expect(said(await exchange(await issuer.sign()))).toBe('auth_unavailable');
  });

  it('are given up after five seconds', async () => {
    const issuer = await trusted();
    const asked = new Promise<void>((resolve) => {
      issuer.answer = (path) => path === '/keys' && (resolve(), true);
    });
    const waiting = exchange(await issuer.sign());
    await asked;
    gateway.clock.advance(5_000);
    expect(said(await waiting)).toBe('auth_unavailable');
  });

  it('stand where the configuration says, without a discovery', async () => {
    const issuer = await TestIssuer.start({ now: () => gateway.clock.now() });
    open.push(issuer);
    await configure({ issuer: issuer.url, jwksUri: `${issuer.url}/keys`, audience: 'doorward', provision: true });
    expect(said(await exchange(await issuer.sign()))).toBe('ok');
    expect(issuer.asked).toEqual(['/keys']);
  });

  it('among several are told apart by their ids, and without one not at all', async () => {
    const issuer = await trusted();
    const other = await newKey();
    issuer.keys = [other.jwk, issuer.key.jwk];
    expect(said(await exchange(await issuer.sign()))).toBe('ok');
    expect(said(await exchange(await issuer.sign({}, { kid: undefined })))).toBe('token_mismatch');
  });
});

describe('whom an issuer vouches for', () => {
  const EMAIL = { email: 'Robot@acme.example', email_verified: true };

  it('has a user only where users are made', async () => {
    const issuer = await trusted({ provision: false });
    const reply = await exchange(await issuer.sign());
    expect([reply.status, said(reply)]).toEqual([403, 'identity_not_allowed']);
  });

  it('is one user of one tenant, however often and from wherever they come', async () => {
    const tenant = await newTenant(world);
    const issuer = await trusted({ tenant });
    const jwts = await Promise.all([1, 2, 3, 4].map((n) => issuer.sign({ ...EMAIL, name: 'Robot', jti: n })));
    const people = await Promise.all((await Promise.all(jwts.map(exchange))).map(whoIs));
    expect(new Set(people.map(({ user, tenantId }) => `${user} ${tenantId}`))).toEqual(
      new Set([`robot@acme.example ${tenant}`]),
    );
    expect(
      await world.rows(`SELECT action, detail FROM audit_events WHERE tenant_id = $1 AND action LIKE 'user.%'`, [
        tenant,
      ]),
    ).toEqual([
      {
        action: 'user.provisioned',
        detail: { way: 'issuer', issuer: issuer.url, subject: 'robot', role: 'member' },
      },
    ]);
  });

  it('is somebody else than the same name at another issuer', async () => {
    const one = whoIs(await exchange(await (await trusted()).sign({ sub: 'same' })));
    const other = whoIs(await exchange(await (await trusted()).sign({ sub: 'same' })));
    expect((await one).user).not.toBe((await other).user);
  });

  // prettier-ignore
  it.each([
    [{ subjects: ['robot'] },                    {},                                            'ok'],
    [{ subjects: ['robot2'] },                   {},                                            'identity_not_allowed'],
    [{ subjects: ['Robot'] },                    {},                                            'identity_not_allowed'],
    [{ emails: ['a@acme.example'] },             { email: 'A@acme.example', email_verified: true },  'ok'],
    [{ emails: ['a@acme.example'] },             { email: 'a@acme.example' },                   'identity_not_allowed'],
    [{ emails: ['a@acme.example'] },             { email: 'a@acme.example', email_verified: 'yes' }, 'identity_not_allowed'],
    [{ domains: ['corp.example'] },              { email: 'b@corp.example', email_verified: true },  'ok'],
    [{ domains: ['corp.example'] },              { email: 'b@evilcorp.example', email_verified: true }, 'identity_not_allowed'],
    [{ domains: ['corp.example'] },              { email: 'b@x.corp.example', email_verified: true }, 'identity_not_allowed'],
    [{ domains: ['sso.example'], emailClaim: 'upn' }, { upn: 'c@sso.example', email_verified: true },   'ok'],
    [{ domains: ['sso.example'], emailClaim: 'upn' }, { email: 'd@sso.example', email_verified: true }, 'identity_not_allowed'],
  ])('is let in by %j with %j: %s', async (lists, claims, expected) => {
    const issuer = await trusted(lists);
    expect(said(await exchange(await issuer.sign(claims)))).toBe(expected);
  });

  it('does not become a user who has the address, unless the issuer is trusted for that', async () => {
    const { email, userId } = await signedIn(world);
    const claims = { email, email_verified: true };
    const stranger = await trusted();
    expect(said(await exchange(await stranger.sign(claims)))).toBe('identity_not_linked');

    const friend = await trusted({ trustEmail: true });
    expect(said(await exchange(await friend.sign({ ...claims, email_verified: false, sub: 'x' })))).toBe('ok');
    expect(await world.rows('SELECT 1 FROM user_identities WHERE user_id = $1', [userId])).toEqual([]);
    expect((await whoIs(await exchange(await friend.sign(claims)))).user).toBe(email);
    expect(await world.rows('SELECT 1 FROM user_identities WHERE user_id = $1', [userId])).toHaveLength(1);
  });

  it('is out as soon as the user is suspended, and the list is shortened', async () => {
    const issuer = await trusted();
    const jwt = await issuer.sign({ sub: 'leaver' });
    expect(said(await exchange(jwt))).toBe('ok');
    await world.rows(
      `UPDATE users SET status = 'suspended' WHERE id = (SELECT user_id FROM user_identities WHERE subject = 'leaver')`,
    );
    expect(said(await exchange(jwt))).toBe('user_suspended');
    await configure({ issuer: issuer.url, audience: 'doorward', subjects: ['somebody else'] });
    expect(said(await exchange(jwt))).toBe('identity_not_allowed');
  });

  it('is judged by the configuration as it is now', async () => {
    const issuer = await trusted();
    const jwt = await issuer.sign();
    expect(said(await exchange(jwt))).toBe('ok');
    await configure({ issuer: issuer.url, audience: 'elsewhere', provision: true });
    expect(said(await exchange(jwt))).toBe('token_mismatch');
    await configure();
    expect(said(await exchange(jwt))).toBe('token_mismatch');
  });
});

describe('the configuration', () => {
  const URL_ = 'https://id.example';
  // prettier-ignore
  it.each([
    ['accounts.issuers.0.issuer',      'https',        { issuer: 'http://id.example', audience: 'a' }],
    ['accounts.issuers.0.issuer',      'https',        { issuer: 'https://u:p@id.example', audience: 'a' }],
    ['accounts.issuers.0.issuer',      'https',        { issuer: 'https://id.example?a=b', audience: 'a' }],
    ['accounts.issuers.0.audience',    'empty',        { issuer: URL_ }],
    ['accounts.issuers.0.audience',    'empty',        { issuer: URL_, audience: [] }],
    ['accounts.issuers.0.algorithms',  'RS256',        { issuer: URL_, audience: 'a', algorithms: ['HS256'] }],
    ['accounts.issuers.0.algorithms',  'RS256',        { issuer: URL_, audience: 'a', algorithms: ['none'] }],
    ['accounts.issuers.0.algorithms',  'empty',        { issuer: URL_, audience: 'a', algorithms: [] }],
    ['accounts.issuers.0.jwksUri',     'https',        { issuer: URL_, audience: 'a', jwksUri: 'file:///etc/passwd' }],
    ['accounts.issuers.0.clockSkew',   '120',          { issuer: URL_, audience: 'a', clockSkew: 121 }],
    ['accounts.issuers.0.role',        'admin',        { issuer: URL_, audience: 'a', role: 'owner' }],
    ['accounts.issuers.0.role',        'subjects',     { issuer: URL_, audience: 'a', role: 'admin', provision: true }],
    ['accounts.issuers.0.domains',     'example.com',  { issuer: URL_, audience: 'a', domains: ['@id.example'] }],
    ['accounts.issuers.0.secret',      'unknown key',  { issuer: URL_, audience: 'a', secret: 'x' }],
    ['accounts.issuers.0.issuer',      'itself',       { issuer: 'https://gate.example', audience: 'a' }],
  ])('says what is wrong with %s: %s', async (path, words, entry) => {
    const accounts = { issuers: [entry], jwt: { issuer: 'https://gate.example' } };
    await expect(world.configure({ gateway: { auth: { loopback: 'deny' } }, accounts })).rejects.toMatchObject({
      errors: [{ path, message: expect.stringContaining(words) }],
    });
  });

  // prettier-ignore
  it.each([
    ['accounts.oidc.Acme',              'lower-case',   { Acme: { issuer: URL_, clientId: 'c' } }],
    ['accounts.oidc.acme.issuer',       'https',        { acme: { issuer: 'http://id.example', clientId: 'c' } }],
    ['accounts.oidc.acme.clientId',     'text',         { acme: { issuer: URL_ } }],
    ['accounts.oidc.acme.clientSecret', 'is needed',    { acme: { issuer: URL_, clientId: 'c', clientAuthentication: 'post' } }],
    ['accounts.oidc.acme.role',         'allowedEmails', { acme: { issuer: URL_, clientId: 'c', role: 'admin', provision: true } }],
  ])('says what is wrong with %s: %s', async (path, words, oidc) => {
    await expect(
      world.configure({ gateway: { auth: { loopback: 'deny' } }, accounts: { oidc } }),
    ).rejects.toMatchObject({ errors: [{ path, message: expect.stringContaining(words) }] });
  });
});
