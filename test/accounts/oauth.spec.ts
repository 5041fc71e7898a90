import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { unknownToken, World } from '../helpers/world.js';
import { exchanged, newTenant, postForm, serviceToken, signedIn } from './signed-in.js';

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

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

const exchange = (subject_token: string, more: Record<string, string> = {}) =>
  postForm(gateway, '/oauth/token', { grant_type: EXCHANGE, subject_token, subject_token_type: ACCESS_TOKEN, ...more });

describe('token exchange (RFC 8693)', () => {
  it('gives a gateway token for an access token', async () => {
    const { accessToken, email, tenantId } = await signedIn(world);

    const { status, body, headers } = await exchange(accessToken);
    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.stringMatching(/^[0-9a-f]{64}$/),
      issued_token_type: ACCESS_TOKEN,
      token_type: 'Bearer',
      expires_in: expect.any(Number),
      scope: 'operator.read operator.write',
    });
    expect(body.expires_in).toBeGreaterThan(3590);
    expect(body.expires_in).toBeLessThanOrEqual(3600);
    expect(headers['cache-control']).toBe('no-store');

    const { body: me } = await gateway.get('/api/v1/whoami', bearer(body.access_token as string));
    expect(me).toMatchObject({ method: 'gateway-token', user: email, tenantId });
  });

  it.each(['urn:ietf:params:oauth:token-type:jwt', ACCESS_TOKEN])('takes it as %s', async (subject_token_type) => {
    const { accessToken } = await signedIn(world);
    expect((await exchange(accessToken, { subject_token_type })).status).toBe(200);
  });

  it('narrows what the role gives, and widens nothing', async () => {
    const { accessToken } = await signedIn(world);
    const scope = 'operator.read operator.admin';
    const { body } = await exchange(accessToken, { scope });
    expect(body.scope).toBe('operator.read');
    const { body: me } = await gateway.get('/api/v1/whoami', bearer(body.access_token as string));
    expect(me.scopes).toEqual(['operator.read']);

    const nothing = await exchange(accessToken, { scope: 'operator.admin' });
    expect([nothing.status, nothing.body.error]).toEqual([400, 'invalid_scope']);
  });

  // prettier-ignore
  it.each<[what: string, more: Record<string, string>, error: string]>([
    ['no subject token',                { subject_token: '' },                                                 'invalid_request'],
    ['a subject token of another kind', { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' },    'invalid_request'],
    ['no kind of subject token',        { subject_token_type: '' },                                            'invalid_request'],
    ['another kind of token wanted',    { requested_token_type: 'urn:ietf:params:oauth:token-type:saml2' },     'invalid_request'],
    ['somebody who acts for another',   { actor_token: 'x', actor_token_type: ACCESS_TOKEN },                   'invalid_request'],
    ['an unknown scope',                { scope: 'operator.everything' },                                       'invalid_scope'],
    ['another audience',                { audience: 'https://elsewhere.example' },                              'invalid_target'],
    ['another resource',                { resource: 'https://elsewhere.example' },                              'invalid_target'],
    ['no grant type',                   { grant_type: '' },                                                    'invalid_request'],
    ['another grant type',              { grant_type: 'password' },                                            'unsupported_grant_type'],
    ['a name of a client that is none', { client_id: 'näme' },                                                 'invalid_client'],
  ])('refuses %s', async (_what, more, error) => {
    const { accessToken } = await signedIn(world);
    const { status, body } = await exchange(accessToken, more);

    expect([status, body.error]).toEqual([error === 'invalid_client' ? 401 : 400, error]);
    expect(body).toMatchObject({ error, error_description: expect.any(String), requestId: expect.any(String) });
  });

  it('is for this gateway, by either of its names', async () => {
    const { accessToken } = await signedIn(world);
    for (const target of [
      { audience: 'doorward' } as Record<string, string>,
      { resource: gateway.url },
      { resource: `${gateway.url}/` },
    ])
      expect((await exchange(accessToken, target)).status).toBe(200);
  });

  it('refuses what is said twice, and what is no form', async () => {
    const twice = await postForm(gateway, '/oauth/token', `grant_type=${EXCHANGE}&grant_type=${EXCHANGE}`);
    expect([twice.status, twice.body.error]).toEqual([400, 'invalid_request']);

    const json = await gateway.call('/oauth/token', { method: 'POST', body: { grant_type: EXCHANGE } });
    expect([json.status, json.body.error]).toEqual([400, 'invalid_request']);

    const none = await gateway.call('/oauth/token', { method: 'POST' });
    expect([none.status, none.body.error]).toEqual([400, 'invalid_request']);
  });

  it('ignores what it does not know (RFC 6749 section 3.2)', async () => {
    const { accessToken } = await signedIn(world);
    const extra = { tenantId: await newTenant(world), expires_in: '999999', userId: 'x' };
    const { status, body } = await exchange(accessToken, extra);
    expect([status, body.scope]).toEqual([200, 'operator.read operator.write']);
    expect(body.expires_in).toBeLessThanOrEqual(3600);
  });

  it('names our own code for a token that is no longer good', async () => {
    const { accessToken, sessionId } = await signedIn(world);
    const change = { kind: 'session', id: sessionId } as const;
    await world.change(change, 'UPDATE user_sessions SET revoked_at = now() WHERE id = $1');

    const { status, body } = await exchange(accessToken);
    expect([status, body.error, body.code]).toEqual([400, 'invalid_request', 'token_revoked']);
    expect(await world.failures()).toEqual([]);
  });

  it('no other route takes a form (S005)', async () => {
    const { status, body } = await postForm(gateway, '/api/v1/tokens', { label: 'x' }, bearer(HOUSE_TOKEN));
    expect([status, body.error.code]).toEqual([415, 'unsupported_media_type']);
  });
});

describe('introspection (RFC 7662)', () => {
  const introspect = (token: string, by: string, more: Record<string, string> = {}) =>
    postForm(gateway, '/oauth/introspect', { token, ...more }, bearer(by));

  it('says of a good token whose it is and what it may', async () => {
    const { accessToken, userId, email, tenantId } = await signedIn(world);
    const token = await exchanged(gateway, accessToken);
    const service = await serviceToken(gateway, HOUSE_TOKEN);

    const { status, body, headers } = await introspect(token, service.token);
    expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
    expect(body).toEqual({
      active: true,
      token_use: 'gateway_token',
      token_type: 'Bearer',
      scope: 'operator.read operator.write',
      sub: userId,
      username: email,
      tenant_id: tenantId,
      iat: expect.any(Number),
      exp: expect.any(Number),
      jti: expect.any(String),
    });
    // The clock of a test stands still while that of the database goes on.
    expect(Math.abs(body.exp - body.iat - 3600)).toBeLessThan(120);
  });

  it('knows service tokens and access tokens', async () => {
    const service = await serviceToken(gateway, HOUSE_TOKEN);
    const { accessToken, userId } = await signedIn(world);

    expect((await introspect(service.token, service.token)).body).toMatchObject({
      token_use: 'service_token',
      sub: `service:${service.id}`,
      scope: 'operator.read',
    });
    const { body } = await introspect(accessToken, service.token);
    expect(body).toMatchObject({ active: true, token_use: 'access_token', sub: userId });
    expect(body).not.toHaveProperty('scope');
  });

  it('gives one answer for unknown, ended and foreign tokens', async () => {
    const service = await serviceToken(gateway, HOUSE_TOKEN);
    const tenantId = await newTenant(world);
    const foreign = await signedIn(world, { tenantId });
    const revoked = await world.person();
    await world.change(
      { kind: 'gateway-token', id: revoked.id },
      'UPDATE gateway_tokens SET revoked_at = now() WHERE id = $1',
    );
    const expired = await world.person();
    await world.change(
      { kind: 'gateway-token', id: expired.id },
      'UPDATE gateway_tokens SET expires_at = now() WHERE id = $1',
    );
    const tokens = [
      unknownToken(),
      'rubbish',
      'a.b.c',
      revoked.token,
      expired.token,
      foreign.accessToken,
      foreign.refreshToken,
      await exchanged(gateway, foreign.accessToken),
    ];
    for (const token of tokens) {
      const { status, text } = await introspect(token, service.token);
      expect([status, text]).toEqual([200, '{"active":false}']);
    }
    expect(await world.failures()).toEqual([]);
  });

  it('takes the service as bearer, by basic and by post', async () => {
    const { token: asked } = await world.person();
    const { id, token } = await serviceToken(gateway, HOUSE_TOKEN);
    const basic = `Basic ${Buffer.from(`${id}:${token}`).toString('base64')}`;

    for (const reply of [
      await introspect(asked, token),
      await postForm(gateway, '/oauth/introspect', { token: asked }, { authorization: basic }),
      await postForm(gateway, '/oauth/introspect', { token: asked, client_id: id, client_secret: token }),
    ])
      expect(reply.body).toMatchObject({ active: true });

    const both = await postForm(
      gateway,
      '/oauth/introspect',
      { token: asked, client_id: id, client_secret: token },
      { authorization: basic },
    );
    expect([both.status, both.body.error]).toEqual([400, 'invalid_request']);
  });

  it('refuses every other client, and counts those who guess', async () => {
    const person = await world.person('admin');
    const service = await serviceToken(gateway, HOUSE_TOKEN);
    const other = await serviceToken(gateway, HOUSE_TOKEN);
    const ended = await serviceToken(gateway, HOUSE_TOKEN);
    await gateway.call(`/api/v1/tokens/${ended.id}`, { method: 'DELETE', headers: bearer(HOUSE_TOKEN) });
    const ask = async (headers: Record<string, string>, more: Record<string, string> = {}) => {
      const reply = await postForm(gateway, '/oauth/introspect', { token: person.token, ...more }, headers);
      return [reply.status, reply.body.error, reply.headers['www-authenticate']];
    };
    const basic = (id: string, secret: string) => ({
      authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
    });

    expect(await ask({})).toEqual([401, 'invalid_client', 'Bearer']);
    expect(await ask({}, { client_id: 'just-a-name' })).toEqual([401, 'invalid_client', 'Bearer']);
    expect(await ask(bearer(person.token))).toEqual([401, 'invalid_client', 'Bearer']);
    expect(await ask(bearer(ended.token))).toEqual([401, 'invalid_client', 'Bearer']);
    expect(await world.failures()).toEqual([]);

    expect(await ask(bearer(unknownToken()))).toEqual([401, 'invalid_client', 'Bearer']);
    expect(await ask(basic(other.id, service.token))).toEqual([401, 'invalid_client', 'Basic realm="doorward"']);
    expect(await ask(basic(service.id, unknownToken()))).toEqual([401, 'invalid_client', 'Basic realm="doorward"']);
    expect((await world.failures()).map(({ failures }) => failures)).toEqual([3]);
  });

  it('asks the service for operator.read', async () => {
    const { token } = await serviceToken(gateway, HOUSE_TOKEN, { scopes: ['operator.pairing'] });
    const { status, body, headers } = await introspect(token, token);

    expect([status, body.error, body.code]).toEqual([403, 'insufficient_scope', 'missing_scope']);
    expect(headers['www-authenticate']).toContain('scope="operator.read"');
  });

  it('a service of another tenant learns of its own tokens alone', async () => {
    const tenantId = await newTenant(world);
    const admin = await exchanged(gateway, (await signedIn(world, { role: 'admin', tenantId })).accessToken);
    const own = await exchanged(gateway, (await signedIn(world, { tenantId })).accessToken);
    const service = await serviceToken(gateway, admin);

    expect((await introspect(own, service.token)).body).toMatchObject({ active: true, tenant_id: tenantId });
    expect((await introspect((await world.person()).token, service.token)).text).toBe('{"active":false}');
  });
});

describe('revocation (RFC 7009)', () => {
  const revoke = (form: Record<string, string>, headers: Record<string, string> = {}) =>
    postForm(gateway, '/oauth/revoke', form, headers);
  const code = async (token: string): Promise<string> => {
    const { body } = await gateway.get('/api/v1/whoami', bearer(token));
    return (body.error?.code ?? 'good') as string;
  };

  it('a service ends tokens of its tenant, and no others', async () => {
    const service = await serviceToken(gateway, HOUSE_TOKEN);
    const { token } = await world.person();
    const foreign = await exchanged(gateway, (await signedIn(world, { tenantId: await newTenant(world) })).accessToken);

    for (const shown of [token, token, foreign, unknownToken(), 'rubbish'])
      expect((await revoke({ token: shown }, bearer(service.token))).status).toBe(200);
    expect(await code(token)).toBe('token_revoked');
    expect(await code(foreign)).toBe('good');
    expect(await world.failures()).toEqual([]);
  });

  it('a public client gives up what it holds; a guess is counted, and answered alike', async () => {
    const { token } = await world.person();
    const held = await revoke({ token, client_id: 'doorward-cli' });
    expect([held.status, held.text]).toEqual([200, '']);
    expect(await code(token)).toBe('token_revoked');
    expect(await world.failures()).toEqual([]);

    const guess = await revoke({ token: unknownToken(), client_id: 'doorward-cli' });
    expect([guess.status, guess.text]).toEqual([200, '']);
    expect((await world.failures()).map(({ failures }) => failures)).toEqual([1]);
  });

  it('a refresh token ends with its sign-in, and all that hangs on it', async () => {
    const { accessToken, refreshToken } = await signedIn(world);
    const token = await exchanged(gateway, accessToken);

    expect((await revoke({ token: refreshToken, client_id: 'x', token_type_hint: 'refresh_token' })).status).toBe(200);
    expect(await code(token)).toBe('token_revoked');
  });

  it('refuses who does not say who it is, and what cannot be revoked', async () => {
    const { accessToken } = await signedIn(world);
    const anonymous = await revoke({ token: unknownToken() });
    expect([anonymous.status, anonymous.body.error]).toEqual([401, 'invalid_client']);

    const jwt = await revoke({ token: accessToken, client_id: 'x' });
    expect([jwt.status, jwt.body.error]).toEqual([400, 'unsupported_token_type']);

    const nothing = await revoke({ client_id: 'x' });
    expect([nothing.status, nothing.body.error]).toEqual([400, 'invalid_request']);
  });

  it('is in the audit once, with who did it', async () => {
    const service = await serviceToken(gateway, HOUSE_TOKEN);
    const { id, token, userId } = await world.person();
    const other = await world.person();
    for (let i = 0; i < 2; i += 1) await revoke({ token }, bearer(service.token));
    await revoke({ token: other.token, client_id: 'x' });

    const audited = (target: string) =>
      world.rows(`SELECT actor FROM audit_events WHERE action = 'gateway_token.revoked' AND target = $1`, [
        `gateway-token:${target}`,
      ]);
    expect(userId).toBeDefined();
    expect(await audited(id)).toEqual([{ actor: `gateway-token:service:${service.id}` }]);
    expect(await audited(other.id)).toEqual([{ actor: `user:${other.userId}` }]);
  });
});

describe('metadata (RFC 8414) and keys', () => {
  it('name the endpoints at the address of the gateway', async () => {
    const { status, body, headers } = await gateway.get('/.well-known/oauth-authorization-server');

    expect([status, headers['cache-control']]).toEqual([200, 'public, max-age=300, must-revalidate']);
    expect(body).toMatchObject({
      issuer: gateway.url,
      token_endpoint: `${gateway.url}/oauth/token`,
      jwks_uri: `${gateway.url}/.well-known/jwks.json`,
    });
    expect(body.grant_types_supported).toContain(EXCHANGE);
  });

  it('publish public parts alone', async () => {
    await signedIn(world);
    const { body, headers } = await gateway.get('/.well-known/jwks.json');

    expect(headers['cache-control']).toBe('public, max-age=300, must-revalidate');
    expect(body.keys.length).toBeGreaterThan(0);
    for (const key of body.keys) {
      expect(key).toMatchObject({ kid: expect.any(String), alg: expect.any(String), use: 'sig' });
      expect(key).not.toHaveProperty('d');
    }
  });
});
