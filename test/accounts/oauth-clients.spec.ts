import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { unknownToken, World } from '../helpers/world.js';
import { serviceToken, signedIn } from './signed-in.js';

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

const whoami = async (token: string) => (await gateway.get('/api/v1/whoami', bearer(token))).body;

describe('openid-client', () => {
  const discover = (id: string, auth?: client.ClientAuth) =>
    client.discovery(new URL(gateway.url), id, undefined, auth, {
      algorithm: 'oauth2',
      execute: [client.allowInsecureRequests],
    });

  it('exchanges a token that it was given', async () => {
    const { accessToken, email } = await signedIn(world);
    const config = await discover('a-client', client.None());

    const tokens = await client.genericGrantRequest(config, EXCHANGE, {
      subject_token: accessToken,
      subject_token_type: ACCESS_TOKEN,
      scope: 'operator.read',
    });
    expect(tokens).toMatchObject({ token_type: 'bearer', scope: 'operator.read', issued_token_type: ACCESS_TOKEN });
    expect(await whoami(tokens.access_token)).toMatchObject({ user: email, scopes: ['operator.read'] });
  });

  it('reads what is wrong with an exchange', async () => {
    const config = await discover('a-client', client.None());
    const wrong = { subject_token: 'no.jwt.this', subject_token_type: ACCESS_TOKEN };

    await expect(client.genericGrantRequest(config, EXCHANGE, wrong)).rejects.toMatchObject({
      error: 'invalid_request',
      status: 400,
    });
    await expect(client.genericGrantRequest(config, 'password', wrong)).rejects.toMatchObject({
      error: 'unsupported_grant_type',
    });
  });

  it('signs in by the device grant, stays signed in, and signs out', async () => {
    const person = await signedIn(world);
    const config = await discover('a-client', client.None());
    const waiting = await client.initiateDeviceAuthorization(config, { scope: 'operator.read offline_access' });
    const decided = await gateway.call('/auth/device', {
      method: 'POST',
      headers: bearer(person.accessToken),
      body: { userCode: waiting.user_code, decision: 'approve' },
    });
    expect(decided.status).toBe(204);

    const tokens = await client.pollDeviceAuthorizationGrant(config, { ...waiting, interval: 0.05 });
    expect(await whoami(tokens.access_token)).toMatchObject({ user: person.email, scopes: ['operator.read'] });

    const renewed = await client.refreshTokenGrant(config, tokens.refresh_token!);
    expect(renewed.access_token).not.toBe(tokens.access_token);
    expect(await whoami(renewed.access_token)).toMatchObject({ user: person.email });

    await client.tokenRevocation(config, renewed.refresh_token!, { token_type_hint: 'refresh_token' });
    for (const { access_token } of [tokens, renewed])
      expect((await whoami(access_token)).error.code).toBe('token_revoked');
    await expect(client.refreshTokenGrant(config, renewed.refresh_token!)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  it.each([
    ['post', (secret: string) => client.ClientSecretPost(secret)],
    ['basic', (secret: string) => client.ClientSecretBasic(secret)],
  ])('introspects and revokes as a service, by %s', async (_by, auth) => {
    const service = await serviceToken(gateway, HOUSE_TOKEN);
    const { token, userId } = await world.person();
    const config = await discover(service.id, auth(service.token));

    expect(await client.tokenIntrospection(config, token)).toMatchObject({ active: true, sub: userId });
    await client.tokenRevocation(config, token);
    expect(await client.tokenIntrospection(config, token)).toEqual({ active: false });
    expect((await whoami(token)).error.code).toBe('token_revoked');
  });

  it('hears that its secret is wrong', async () => {
    const { id } = await serviceToken(gateway, HOUSE_TOKEN);
    const config = await discover(id, client.ClientSecretBasic(unknownToken()));

    // Its error is the challenge of the 401.
    await expect(client.tokenIntrospection(config, unknownToken())).rejects.toMatchObject({
      status: 401,
      cause: [{ scheme: 'basic' }],
    });
  });
});

describe('oauth4webapi', () => {
  const insecure = { [oauth.allowInsecureRequests]: true };
  let server: oauth.AuthorizationServer;

  beforeAll(async () => {
    const issuer = new URL(gateway.url);
    const answer = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure });
    server = await oauth.processDiscoveryResponse(issuer, answer);
  });

  it('exchanges, introspects and revokes', async () => {
    const { accessToken, userId } = await signedIn(world);
    const asked = await oauth.genericTokenEndpointRequest(
      server,
      { client_id: 'another-client' },
      oauth.None(),
      EXCHANGE,
      { subject_token: accessToken, subject_token_type: ACCESS_TOKEN },
      insecure,
    );
    const { access_token: token } = await oauth.processGenericTokenEndpointResponse(
      server,
      { client_id: 'another-client' },
      asked,
    );

    const { id, token: secret } = await serviceToken(gateway, HOUSE_TOKEN);
    const service = { client_id: id };
    const auth = oauth.ClientSecretBasic(secret);
    const look = async () =>
      oauth.processIntrospectionResponse(
        server,
        service,
        await oauth.introspectionRequest(server, service, auth, token, insecure),
      );
    expect(await look()).toMatchObject({ active: true, sub: userId, token_type: 'Bearer' });
    await oauth.processRevocationResponse(await oauth.revocationRequest(server, service, auth, token, insecure));
    expect(await look()).toEqual({ active: false });
  });

  it('waits as it is told in the device grant', async () => {
    const waiting = { client_id: 'another-client' };
    const { device_code, interval } = await oauth.processDeviceAuthorizationResponse(
      server,
      waiting,
      await oauth.deviceAuthorizationRequest(server, waiting, oauth.None(), {}, insecure),
    );
    expect(interval).toBe(5);
    const poll = async () =>
      oauth.processDeviceCodeResponse(
        server,
        waiting,
        await oauth.deviceCodeGrantRequest(server, waiting, oauth.None(), device_code, insecure),
      );
    await expect(poll()).rejects.toMatchObject({ error: 'authorization_pending' });
    await expect(poll()).rejects.toMatchObject({ error: 'slow_down' });
  });
});

it('jose checks our access tokens against the keys that are published', async () => {
  const { accessToken, userId } = await signedIn(world);
  const keys = createRemoteJWKSet(new URL(`${gateway.url}/.well-known/jwks.json`));

  const { payload } = await jwtVerify(accessToken, keys, { audience: 'doorward', typ: 'at+jwt' });
  expect(payload.sub).toBe(userId);
});
