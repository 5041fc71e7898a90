import { request } from 'node:http';
import { Controller, Get, Module } from '@nestjs/common';
import { Public } from '../../src/auth/decorators.js';
import { Unavailable } from '../../src/kernel/errors.js';
import { Database } from '../../src/storage/database.js';
import { bearer, HOUSE_TOKEN, type Reply, type TestGateway, startGateway } from '../helpers/gateway.js';
import { DOORS, knock } from '../helpers/knock.js';
import { ELSEWHERE, unknownToken, World } from '../helpers/world.js';

/** Shown where it is wrong; must be found nowhere afterwards. */
const CANARY = 'canary-7c1e5a-wrong-credential';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** What goes wrong inside, to be seen from outside. */
@Controller('broken')
class BrokenController {
  @Get('part')
  @Public()
  part(): never {
    throw new Unavailable('database: the password of the database is canary');
  }

  @Get('code')
  @Public()
  code(): never {
    throw new TypeError('select canary from tables at /home/canary');
  }

  /** Says nothing about who may call it. */
  @Get('unsaid')
  unsaid(): object {
    return { reached: true };
  }
}

@Module({ controllers: [BrokenController] })
class BrokenModule {}

let gateway: TestGateway;
let world: World;

const settings = (loopback = 'deny') => ({
  gateway: { http: { bodyLimit: 2048 }, auth: { token: HOUSE_TOKEN, loopback } },
});

beforeAll(async () => {
  gateway = await startGateway({ config: settings(), database: 'embedded', modules: [BrokenModule] });
  world = new World(gateway);
});
afterAll(() => gateway.close());
afterEach(() => world.forgive());

const house = bearer(HOUSE_TOKEN);

const headersOf = ({ headers }: Reply): Record<string, unknown> => ({
  authenticate: headers['www-authenticate'],
  allow: headers.allow,
  retryAfter: headers['retry-after'],
});

describe('the body and the headers of an error', () => {
  // prettier-ignore
  it.each([
    ['401', () => gateway.get('/api/v1/whoami'),
      401, { message: 'Unauthorized', type: 'unauthorized', code: 'token_missing' },                                            { authenticate: 'Bearer' }],
    ['401, wrong', () => gateway.get('/api/v1/whoami', bearer(CANARY)),
      401, { message: 'Unauthorized', type: 'unauthorized', code: 'token_mismatch' },                                           { authenticate: 'Bearer' }],
    ['403, a scope is missing', async () => gateway.get('/api/v1/tokens', bearer((await world.person('viewer')).token)),
      403, { message: 'missing scope: operator.admin', type: 'forbidden', code: 'missing_scope' },                              {}],
    ['403, a page of somebody else', () => gateway.get('/api/v1/whoami', { ...house, origin: 'https://evil.example' }),
      403, { message: 'origin not allowed', type: 'forbidden', code: 'origin_not_allowed' },                                    {}],
    ['404, no such path', () => gateway.get('/api/v1/nothing', house),
      404, { message: 'not found', type: 'not_found', code: 'not_found' },                                                      {}],
    ['404, no such thing', () => gateway.call('/api/v1/tokens/00000000-0000-4000-8000-00000000dead', { method: 'DELETE', headers: house }),
      404, { message: 'not found', type: 'not_found', code: 'not_found' },                                                      {}],
    ['405', () => gateway.call('/api/v1/whoami', { method: 'DELETE', headers: house }),
      405, { message: 'method not allowed', type: 'invalid_request_error', code: 'method_not_allowed' },                        { allow: 'GET, HEAD' }],
    ['405, of a path with two methods', () => gateway.call('/api/v1/tokens', { method: 'PATCH', headers: house, body: {} }),
      405, { message: 'method not allowed', type: 'invalid_request_error', code: 'method_not_allowed' },                        { allow: 'GET, HEAD, POST' }],
    ['413', () => gateway.call('/api/v1/tokens', { method: 'POST', headers: house, body: { label: 'x'.repeat(4096) } }),
      413, { message: 'the body is too large', type: 'invalid_request_error', code: 'payload_too_large' },                      {}],
    ['415, text', () => gateway.call('/api/v1/tokens', { method: 'POST', headers: { ...house, 'content-type': 'text/plain' }, body: '{}' }),
      415, { message: 'unsupported media type: send application/json', type: 'invalid_request_error', code: 'unsupported_media_type' }, {}],
    ['415, a form', () => gateway.call('/api/v1/tokens', { method: 'POST', headers: { ...house, 'content-type': 'application/x-www-form-urlencoded' }, body: 'label=x' }),
      415, { message: 'unsupported media type: send application/json', type: 'invalid_request_error', code: 'unsupported_media_type' }, {}],
    ['500', () => gateway.get('/broken/code'),
      500, { message: 'internal error', type: 'internal_error', code: 'internal_error' },                                       {}],
    ['503', () => gateway.get('/broken/part'),
      503, { message: 'Temporarily unavailable. Please try again.', type: 'unavailable', code: 'unavailable' },                 { retryAfter: '1' }],
  ] as [string, () => Promise<Reply>, number, object, object][])('%s', async (_what, ask, status, error, headers) => {
    const reply = await ask();

    expect(reply.status).toBe(status);
    expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(headersOf(reply)).toEqual({ authenticate: undefined, allow: undefined, retryAfter: undefined, ...headers });
    expect(reply.body).toEqual({ error: { ...error, requestId: reply.headers['x-request-id'] } });
    expect(reply.body.error.requestId).toMatch(UUID);
    expect(reply.text).not.toContain('canary');
  });

  it('400 names each field, what is wrong with it, and unknown ones', async () => {
    const body = { user: 'nobody', expiresIn: -1, label: '', scopes: ['operator.everything'], tenantId: 'other' };
    const { status, body: answer } = await gateway.call('/api/v1/tokens', { method: 'POST', headers: house, body });

    expect(status).toBe(400);
    expect(answer.error).toMatchObject({ type: 'invalid_request_error', code: 'invalid_request' });
    const paths = (answer.error.fields as { path: string }[]).map(({ path }) => path);
    expect([...new Set(paths)].toSorted()).toEqual(['expiresIn', 'label', 'scopes', 'tenantId', 'user']);
    for (const path of paths) expect(answer.error.message).toContain(`${path}: `);
  });

  it('400 says that a body is no JSON', async () => {
    const reply = await gateway.call('/api/v1/tokens', { method: 'POST', headers: house, body: '{"user":' });

    expect(reply).toMatchObject({ status: 400, body: { error: { type: 'invalid_request_error' } } });
  });

  it('400 for an id that is none', async () => {
    const reply = await gateway.call('/api/v1/tokens/1', { method: 'DELETE', headers: house });

    expect(reply.status).toBe(400);
    expect(reply.body.error.fields).toEqual([{ path: 'id', message: 'must be a UUID' }]);
  });

  it('S219: TRACE and methods that nobody knows are refused, and no header changes the method', async () => {
    expect((await gateway.call('/api/v1/whoami', { method: 'TRACE', headers: house })).status).toBeGreaterThanOrEqual(
      400,
    );
    const overridden = await gateway.call('/api/v1/whoami', {
      headers: { ...house, 'x-http-method-override': 'DELETE' },
    });
    expect(overridden.status).toBe(200);
  });

  it('S222: every answer carries the headers that a browser needs, a good one too', async () => {
    for (const reply of [await gateway.get('/health'), await gateway.get('/api/v1/whoami'), await gateway.get('/x')]) {
      expect(reply.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
        'x-request-id': expect.stringMatching(UUID),
      });
      expect(reply.headers['access-control-allow-origin']).toBeUndefined();
      expect(reply.headers['strict-transport-security']).toBeUndefined();
    }
  });

  it('each request has an id of its own, which the caller does not choose', async () => {
    const ids = await Promise.all(
      Array.from(
        { length: 5 },
        async () => (await gateway.get('/health', { 'x-request-id': 'mine' })).headers['x-request-id'],
      ),
    );
    expect(new Set(ids).size).toBe(5);
    expect(ids).not.toContain('mine');
  });
});

describe('before a byte of a body is taken', () => {
  it('S204: a caller without credential is refused, however much is on its way', async () => {
    const reply = await new Promise<{ status: number; sent: number }>((resolve, reject) => {
      const post = request({
        host: '127.0.0.1',
        port: gateway.port,
        path: '/api/v1/tokens',
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': String(200 * 2 ** 20) },
      });
      post.on('response', (response) => {
        resolve({ status: response.statusCode!, sent: post.socket?.bytesWritten ?? 0 });
        post.destroy();
      });
      post.on('error', reject);
      post.flushHeaders();
    });

    expect(reply.status).toBe(401);
    expect(reply.sent).toBeLessThan(4096);
  });

  it('S119, S217: a route that says nothing needs an admin', async () => {
    expect((await gateway.get('/broken/unsaid')).status).toBe(401);
    expect((await gateway.get('/broken/unsaid', bearer((await world.person('member')).token))).status).toBe(403);
    expect((await gateway.get('/broken/unsaid', house)).body).toEqual({ reached: true });
  });
});

describe('what a refusal leaves behind', () => {
  const decision = (requestId: string, headers: Record<string, string> = house): Promise<Reply> =>
    gateway.get(`/api/v1/auth/decisions/${requestId}`, headers);

  const step = (method: string, verdict: string, more: object = {}) => ({ method, verdict, ...more });

  it.each(DOORS)('the trace of a wrong credential over %s, for admins', async (door) => {
    const { requestId, text } = await knock(gateway, door, { token: CANARY, headers: ELSEWHERE });
    const { status, body } = await decision(requestId!);

    expect(status).toBe(200);
    expect(body).toEqual({
      requestId,
      at: new Date(gateway.clock.now()).toISOString(),
      surface: door === 'REST' ? 'http' : 'websocket',
      client: '127.0.0.1',
      peer: '127.0.0.1',
      code: 'token_mismatch',
      steps: [step('device-token', 'not mine'), step('gateway-token', 'not mine'), step('token', 'not mine')],
    });
    expect(text).not.toMatch(/not mine|steps|gateway-token/);
  });

  it.each(DOORS)('the trace of a success over %s', async (door) => {
    const { token, userId } = await world.person();
    const { requestId } = await knock(gateway, door, { token });

    expect((await decision(requestId!)).body).toMatchObject({
      identity: { method: 'gateway-token', subject: userId },
      steps: [step('device-token', 'not mine'), step('gateway-token', 'succeeded')],
    });
    expect((await decision(requestId!)).body.code).toBeUndefined();
  });

  it('says why a credential is no longer good, and which one it was, by its id', async () => {
    const { token, id } = await world.person();
    await world.change({ kind: 'gateway-token', id }, 'UPDATE gateway_tokens SET revoked_at = now() WHERE id = $1');
    const { requestId } = await knock(gateway, 'REST', { token });

    const { steps } = (await decision(requestId!)).body;
    const ended = step('gateway-token', 'refused', { code: 'token_revoked', reason: `gateway token ${id}` });
    expect(steps).toEqual([step('device-token', 'not mine'), ended]);
  });

  it('says what was not presented', async () => {
    const { requestId } = await knock(gateway, 'REST', {});
    const { steps } = (await decision(requestId!)).body;

    expect(steps).toEqual(['device-token', 'gateway-token', 'token'].map((method) => step(method, 'not presented')));
  });

  it('says why the machine itself was not taken for that', async () => {
    await world.configure(settings('allow'));
    const { requestId } = await knock(gateway, 'REST', { headers: ELSEWHERE });
    await world.configure(settings());

    const [first] = (await decision(requestId!)).body.steps;
    expect(first).toEqual(step('loopback', 'not mine', { reason: 'the Host is not this machine' }));
  });

  it('of a missing scope names who was missing it', async () => {
    const { token, userId } = await world.person('viewer');
    const { headers } = await gateway.get('/api/v1/tokens', bearer(token));

    expect((await decision(String(headers['x-request-id']))).body).toMatchObject({
      code: 'missing_scope',
      identity: { method: 'gateway-token', subject: userId },
      steps: [step('device-token', 'not mine'), step('gateway-token', 'succeeded')],
    });
  });

  // prettier-ignore
  it.each(DOORS)('of a page or an address that is not listened to has no steps: nothing was looked at over %s', async (door) => {
    const page = await knock(gateway, door, { token: HOUSE_TOKEN, headers: { origin: 'https://evil.example' } });
    expect((await decision(page.requestId!)).body).toMatchObject({ code: 'origin_not_allowed', steps: [] });

    for (let i = 0; i < 20; i += 1) await knock(gateway, 'REST', { token: CANARY, from: '127.0.0.4' });
    const locked = await knock(gateway, door, { token: HOUSE_TOKEN, from: '127.0.0.4' });
    expect((await decision(locked.requestId!)).body).toMatchObject({ code: 'rate_limited', client: '127.0.0.4', steps: [] });
  });

  it('is shown to admins alone', async () => {
    const { requestId } = await knock(gateway, 'REST', { token: CANARY });

    expect((await decision(requestId!, {})).status).toBe(401);
    expect((await decision(requestId!, bearer((await world.person('member')).token))).status).toBe(403);
    expect((await decision(requestId!, bearer((await world.person('admin')).token))).status).toBe(200);
  });

  it("S078: is nothing to another tenant's admin, as if it did not exist", async () => {
    const stranger = await world.tenantToken('admin');
    const { requestId } = await knock(gateway, 'REST', { token: CANARY });
    const { requestId: good } = await knock(gateway, 'REST', { token: (await world.person()).token });
    const missing = '00000000-0000-4000-8000-00000000dead';

    const texts = [requestId!, good!, missing].map(async (id) => {
      const reply = await decision(id, bearer(stranger.token));
      expect(reply.status).toBe(404);
      return reply.body.error.message.replace(id, '…') as string;
    });
    expect(new Set(await Promise.all(texts)).size).toBe(1);

    const { requestId: own } = await knock(gateway, 'REST', { token: stranger.token });
    expect((await decision(own!, bearer(stranger.token))).body.identity.tenantId).toBe(stranger.tenantId);
  });

  it.each(DOORS)('one line of the log over %s, with address, method, code and request id', async (door) => {
    const { requestId } = await knock(gateway, door, { token: CANARY, from: '127.0.0.3' });
    await world.flushLog();

    const lines = gateway.log().filter((line) => line['requestId'] === requestId && line['msg'] === 'auth failed');
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'warn',
        event: 'auth.failed',
        clientIp: '127.0.0.3',
        method: 'token',
        code: 'token_mismatch',
        requestId,
      }),
    ]);
  });

  it('S191, S237: and never the credential, at any door, in any place where one may put it', async () => {
    const before = gateway.log().length;
    for (const door of DOORS) await knock(gateway, door, { token: CANARY, headers: { 'x-forwarded-for': CANARY } });
    await knock(gateway, 'native', { token: CANARY, password: `${CANARY}-2`, deviceToken: `${CANARY}-3` });
    await gateway.get(`/api/v1/whoami?token=${CANARY}`);
    await gateway.get(`/api/v1/${CANARY}`);
    await gateway.get('/api/v1/whoami', { authorization: `Basic ${CANARY}`, cookie: `session=${CANARY}` });
    await gateway.get('/api/v1/whoami', { authorization: `Bearer ${CANARY}`, 'x-doorward-token': `${CANARY}-4` });
    await world.flushLog();

    const said = gateway.log().slice(before);
    expect(said.length).toBeGreaterThanOrEqual(5);
    expect(JSON.stringify(said)).not.toContain('canary');
  });
});

describe('with the database down', () => {
  it('503 with Retry-After for a credential that cannot be checked', async () => {
    await world.get(Database).close();
    const reply = await gateway.get('/api/v1/whoami', bearer(unknownToken()));

    expect(reply.status).toBe(503);
    expect(headersOf(reply)).toEqual({ authenticate: undefined, allow: undefined, retryAfter: '1' });
    expect(reply.body.error).toEqual({
      message: 'The credential could not be checked. Please try again.',
      type: 'unavailable',
      code: 'auth_unavailable',
      requestId: reply.headers['x-request-id'],
    });
  });

  it('503 from /ready too, which says more to those who are known', async () => {
    expect(await gateway.get('/ready')).toMatchObject({ status: 503, body: { ready: false } });
    expect((await gateway.get('/ready', ELSEWHERE)).body).toEqual({ ready: false });
    expect((await gateway.get('/ready', house)).body.failing).toEqual([{ part: 'database', reason: 'closed' }]);
    expect((await gateway.get('/health')).status).toBe(200);
  });
});
