import { Device, ELSEWHERE, type Manner } from '../helpers/device.js';
import { HOUSE_TOKEN, bearer, startGateway, type TestGateway } from '../helpers/gateway.js';
import { DIALECTS, type Failure, type OpenOptions, type Speech, WsClient, connected } from '../helpers/ws-client.js';

let gateway: TestGateway;
let viewer: string;
let device: string;
let node: string;

const DEVICE_ID = 'd'.repeat(64);
const NODE_ID = 'e'.repeat(64);

beforeAll(async () => {
  gateway = await startGateway({
    config: {
      gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny', rateLimit: { maxAttempts: 1000 } } },
    },
    database: 'embedded',
  });
  viewer = (await gateway.gatewayToken({ email: 'vera@example.com', role: 'viewer' })).token;
  device = await gateway.deviceToken({ id: DEVICE_ID, scopes: ['operator.read', 'operator.pairing'] });
  node = await gateway.deviceToken({ id: NODE_ID, role: 'node', scopes: [] });
});

afterAll(() => gateway.close());

/** A connect that is expected to be refused: the error, and how the socket was closed. */
async function refused(speech: Speech, params: unknown, options?: OpenOptions): Promise<Failure & { close: string }> {
  const client = await WsClient.open(gateway, options);
  const failure = speech.failure(await client.ask(speech.call(1, 'connect', params)));
  const { code, reason } = await client.closed;
  return { ...failure, close: `${code} ${reason}` };
}

const ALL = ['operator.read', 'operator.write', 'operator.approvals', 'operator.pairing', 'operator.admin'];
const token = { token: HOUSE_TOKEN };
const elsewhere = (): Manner => ({ ...ELSEWHERE, now: gateway.clock.now() });

describe('the challenge', () => {
  it('is one frame that both dialects understand', async () => {
    const client = await WsClient.open(gateway);
    const { nonce, ts } = client.challenge.payload;
    const challenge = { nonce, ts };
    expect(client.challenge).toEqual({
      type: 'event',
      event: 'connect.challenge',
      payload: challenge,
      jsonrpc: '2.0',
      method: 'connect.challenge',
      params: challenge,
    });
    expect(nonce).toMatch(/^[0-9a-f-]{36}$/);
    expect(ts).toBe(gateway.clock.now());
    client.close();
  });

  it('has a nonce of its own for every socket', async () => {
    const clients = await Promise.all([1, 2, 3].map(() => WsClient.open(gateway, { path: '/' })));
    expect(new Set(clients.map(({ challenge }) => challenge.payload.nonce)).size).toBe(3);
    for (const client of clients) client.close();
  });
});

describe.each(DIALECTS)('connect in $name', (speech) => {
  it('answers with hello-ok, whole and with nothing about the host (S195)', async () => {
    const { client, hello } = await connected(gateway, speech, {
      auth: token,
      client: { id: 'cli', version: '2026.9.6', platform: 'linux', mode: 'cli' },
      minProtocol: 3,
      maxProtocol: 4,
    });
    const { connId } = hello.server;
    expect(hello).toEqual({
      type: 'hello-ok',
      protocol: 4,
      server: { version: expect.stringMatching(/^\d+\.\d+\.\d+/), connId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      features: {
        methods: expect.arrayContaining(['health', 'status', 'system-presence', 'rpc.discover']),
        events: expect.arrayContaining(['connect.challenge', 'tick']),
      },
      snapshot: {
        presence: [
          expect.objectContaining({
            connId,
            client: { id: 'cli', version: '2026.9.6', platform: 'linux', mode: 'cli' },
          }),
        ],
        health: { ok: true, status: 'live' },
        stateVersion: { presence: 0, health: 0 },
        uptimeMs: expect.any(Number),
        sessionDefaults: {
          defaultAgentId: 'main',
          mainKey: 'main',
          mainSessionKey: 'agent:main:main',
          scope: 'per-sender',
        },
      },
      auth: { method: 'token', role: 'operator', scopes: ALL },
      policy: { maxPayload: 26_214_400, maxBufferedBytes: 52_428_800, tickIntervalMs: 30_000 },
    });
    client.close();
  });

  it.each([
    // shown                                    asked                                                 method           role        scopes
    [() => ({ token: HOUSE_TOKEN }), {}, 'token', 'operator', ALL],
    [() => ({ password: HOUSE_TOKEN }), {}, 'token', 'operator', ALL],
    [() => ({ token: HOUSE_TOKEN }), { role: 'control' }, 'token', 'operator', ALL],
    [() => ({ token: HOUSE_TOKEN }), { role: 'webchat' }, 'token', 'webchat', ['operator.read', 'operator.write']],
    [() => ({ token: HOUSE_TOKEN }), { scopes: ['operator.read'] }, 'token', 'operator', ['operator.read']],
    [() => ({ token: HOUSE_TOKEN }), { scopes: [] }, 'token', 'operator', []],
    [() => ({ token: HOUSE_TOKEN }), { scopes: ['operator.talk.secrets'] }, 'token', 'operator', []],
    [() => ({ token: viewer }), {}, 'gateway-token', 'operator', ['operator.read']],
    [() => ({ token: device }), {}, 'device-token', 'operator', ['operator.read', 'operator.pairing']],
    [() => ({ deviceToken: device }), {}, 'device-token', 'operator', ['operator.read', 'operator.pairing']],
    [() => ({ token: node }), { role: 'node' }, 'device-token', 'node', []],
    [() => ({ token: node }), {}, 'device-token', 'node', []],
  ])('lets in %s asking %j as %s, %s with %j', async (shown, asked, method, role, scopes) => {
    const { client, hello } = await connected(gateway, speech, { auth: shown(), ...asked });
    expect(hello.auth).toEqual({ method, role, scopes });
    client.close();
  });

  it('takes the bearer of the upgrade when connect names no secret', async () => {
    const { client, hello } = await connected(gateway, speech, {}, { headers: bearer(HOUSE_TOKEN) });
    expect(hello.auth.method).toBe('token');
    client.close();
  });

  it.each([
    // asked                              protocol
    [{}, 4],
    [{ minProtocol: 1, maxProtocol: 3 }, 3],
    [{ minProtocol: 3, maxProtocol: 4 }, 4],
    [{ minProtocol: 4, maxProtocol: 9 }, 4],
    [{ maxProtocol: 3 }, 3],
  ])('speaks with a client that asks for %j in version %i', async (range, protocol) => {
    const { client, hello } = await connected(gateway, speech, { auth: token, ...range });
    expect(hello.protocol).toBe(protocol);
    client.close();
  });

  it.each([
    { minProtocol: 5, maxProtocol: 9 },
    { minProtocol: 1, maxProtocol: 2 },
    { minProtocol: 4, maxProtocol: 3 },
    { minProtocol: 5 },
  ])('closes with 1002 when asked for %j', async (range) => {
    const { code, message, details, close } = await refused(speech, { auth: token, ...range });
    expect({ code, message, close }).toEqual({
      code: 'INVALID_REQUEST',
      message: 'protocol mismatch',
      close: '1002 protocol mismatch',
    });
    expect(details).toMatchObject({ code: 'PROTOCOL_MISMATCH', expectedProtocol: 4, minimumProbeProtocol: 3 });
  });

  it.each([
    // case                        params                                   native             rpc     detail                     authReason
    ['nothing shown', {}, 'INVALID_REQUEST', -32001, 'AUTH_TOKEN_MISSING', 'token_missing'],
    ['an empty token', { auth: { token: '' } }, 'INVALID_REQUEST', -32001, 'AUTH_TOKEN_MISSING', 'token_missing'],
    ['a wrong token', { auth: { token: 'x' } }, 'INVALID_REQUEST', -32001, 'AUTH_TOKEN_MISMATCH', 'token_mismatch'],
    [
      'a wrong password',
      { auth: { password: 'x' } },
      'INVALID_REQUEST',
      -32001,
      'AUTH_PASSWORD_MISMATCH',
      'password_mismatch',
    ],
    [
      'a wrong device token',
      { auth: { deviceToken: 'x' } },
      'INVALID_REQUEST',
      -32001,
      'AUTH_DEVICE_TOKEN_MISMATCH',
      'device_token_mismatch',
    ],
    [
      'a node without a device',
      { auth: token, role: 'node' },
      'NOT_PAIRED',
      -32001,
      'DEVICE_IDENTITY_REQUIRED',
      'device_identity_required',
    ],
  ])('refuses %s with 1008', async (_case, params, code, rpcCode, detail, authReason) => {
    const failure = await refused(speech, params);
    expect(failure.code).toBe(code);
    expect(failure.rpcCode ?? rpcCode).toBe(rpcCode);
    expect(failure.details).toMatchObject({ code: detail, authReason });
    expect(failure.close).toMatch(/^1008 unauthorized/);
  });

  it('names the decision, which explains itself to an admin', async () => {
    const { details } = await refused(speech, { auth: { token: 'nobody knows this' } });
    const reply = await gateway.get(`/api/v1/auth/decisions/${details.requestId}`, bearer(HOUSE_TOKEN));
    expect(reply.body).toMatchObject({ surface: 'websocket', code: 'token_mismatch' });
    expect(reply.text).not.toContain('nobody knows this');
  });

  it('tells a client with a device to try the token of that device', async () => {
    const { failure } = await new Device().connect(gateway, speech, { auth: { token: 'x' } }, elsewhere());
    expect(failure!.details).toMatchObject({
      canRetryWithDeviceToken: true,
      recommendedNextStep: 'retry_with_device_token',
    });
  });

  it('S020: a device that is not paired, beside a good token: asks for pairing', async () => {
    const { failure } = await new Device().connect(gateway, speech, { auth: token }, elsewhere());
    expect(failure).toMatchObject({ code: 'NOT_PAIRED', details: { code: 'PAIRING_REQUIRED' } });
    expect(failure!.rpcCode ?? -32002).toBe(-32002);
    expect(failure!.close).toMatch(/^1008 pairing required/);
  });

  it('the token of a node as an operator: asks for pairing', async () => {
    const failure = await refused(speech, { auth: { token: node }, role: 'control' });
    expect(failure).toMatchObject({ code: 'NOT_PAIRED', details: { code: 'PAIRING_REQUIRED' } });
    expect(failure.close).toMatch(/^1008 pairing required/);
  });

  it('S015: what a client asks for is no more than a limit', async () => {
    const { client, hello } = await connected(gateway, speech, {
      auth: { token: viewer },
      scopes: ['operator.admin', 'operator.read'],
    });
    expect(hello.auth.scopes).toEqual(['operator.read']);
    expect(hello.features.methods).not.toContain('test.default');
    client.close();
  });

  it.each([
    // case                         params
    ['full-width letters', { scopes: ['operator.ａdmin'] }],
    ['another case', { scopes: ['Operator.Admin'] }],
    ['a trailing space', { scopes: ['operator.admin '] }],
    ['a zero-width character', { scopes: ['operator.\u200badmin'] }],
    ['a role in another case', { role: 'Operator' }],
    ['a role in full-width letters', { role: 'ｏperator' }],
    ['a role with a space', { role: 'node ' }],
    ['a client with a zero-width character', { client: { id: 'cli\u200d' } }],
  ])('S023: %s is an error, never taken for what it resembles', async (_case, params) => {
    const failure = await refused(speech, { auth: token, ...params });
    expect(failure.code).toBe('INVALID_REQUEST');
    expect(failure.rpcCode ?? -32602).toBe(-32602);
    expect(failure.message).toMatch(/^invalid (role|connect params: at \/)/);
    expect(failure.close).toMatch(/^1008 unauthorized: invalid/);
  });

  it.each([
    // params                                message
    [{ foo: 1 }, 'invalid connect params: at /foo: unknown key'],
    [{ client: { id: 5 } }, 'invalid connect params: at /client/id: must be a string'],
    [{ device: { id: 'x' } }, 'invalid connect params: at /device/publicKey: must be given'],
    [{ role: 'owner' }, 'invalid role'],
    [[], 'invalid connect params: at /: must be an object'],
  ])('names what is wrong with %j', async (params, message) => {
    const failure = await refused(speech, params);
    expect(failure.message).toContain(message);
    expect(failure.close.slice(0, 5)).toBe('1008 ');
  });

  it('keeps the reason of a close within 123 bytes of whole characters', async () => {
    const { close } = await refused(speech, { ['ü'.repeat(200)]: 1 });
    expect(close).toMatch(/^1008 unauthorized: invalid connect params/);
    expect(Buffer.byteLength(close.slice(5))).toBeLessThanOrEqual(123);
    expect(close).not.toContain('\ufffd');
  });

  it('S025: a second connect is an error and ends the socket', async () => {
    const { client } = await connected(gateway, speech, { auth: { token: viewer } });
    const failure = speech.failure(await client.ask(speech.call(2, 'connect', { auth: token })));
    expect(failure.message).toBe('connect is only valid as the first request');
    expect(await client.closed).toMatchObject({ code: 1008 });
  });

  it('hears what a hasty client sends before the answer to its connect', async () => {
    const client = await WsClient.open(gateway);
    client.send(speech.call(1, 'connect', { auth: token }));
    client.send(speech.call(2, 'health'));
    expect(speech.result(await client.next())).toMatchObject({ type: 'hello-ok' });
    expect(speech.result(await client.next())).toEqual({ ok: true, status: 'live' });
    client.close();
  });

  it('runs nothing of what a hasty client sends when its connect is refused', async () => {
    const client = await WsClient.open(gateway);
    client.send(speech.call(1, 'connect', { auth: { token: 'x' } }));
    client.send(speech.call(2, 'health'));
    expect(speech.failure(await client.next()).message).toMatch(/^unauthorized/);
    expect(await client.next()).toBeUndefined();
  });
});

it('S028: a cookie is no credential', async () => {
  const client = await WsClient.open(gateway, { headers: { cookie: `token=${HOUSE_TOKEN}; session=x` } });
  const answer = await client.ask({ jsonrpc: '2.0', id: 1, method: 'connect', params: {} });
  expect(answer.error.data.details.authReason).toBe('token_missing');
});

describe('a credential in the URL', () => {
  it('is never read', async () => {
    const client = await WsClient.open(gateway, { path: `/ws?token=${HOUSE_TOKEN}` });
    const answer = await client.ask({ jsonrpc: '2.0', id: 1, method: 'connect', params: {} });
    expect(answer.error.data.details.authReason).toBe('token_missing');
  });
});
