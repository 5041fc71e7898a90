import { bearer, HOUSE_TOKEN, type Reply, startGateway, type TestGateway } from '../helpers/gateway.js';
import { World } from '../helpers/world.js';
import { everyRoute } from '../security/routes.js';

const LISTED = 'https://console.example.com';
const ALSO = 'http://dev.example.com:5173';

let gateway: TestGateway;

const configured = (allowedOrigins: readonly string[]) => ({
  gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' }, controlUi: { allowedOrigins } },
});

beforeAll(async () => {
  gateway = await startGateway({ config: configured([LISTED, `${ALSO}`]) });
});
afterAll(() => gateway.close());

const whoami = (origin: string | undefined, headers = bearer(HOUSE_TOKEN)): Promise<Reply> =>
  gateway.get('/api/v1/whoami', { ...headers, ...(origin !== undefined && { origin }) });

const preflight = (path: string, origin: string, asked: Record<string, string> = {}): Promise<Reply> =>
  gateway.call(path, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', ...asked } });

const corsOf = ({ headers }: Reply): Record<string, unknown> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')));

it.each([LISTED, ALSO])('a page of %s reads the answer, by its exact origin', async (origin) => {
  const reply = await whoami(origin);
  expect([reply.status, reply.headers.vary]).toEqual([200, 'Origin']);
  expect(corsOf(reply)).toEqual({
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers':
      'Idempotent-Replayed, Retry-After, Retry-After-Ms, WWW-Authenticate, X-Doorward-Model, X-Request-Id, X-Should-Retry',
  });
});

it('and a refusal, to see what is wrong with its credential', async () => {
  const reply = await whoami(LISTED, {} as Record<'authorization', string>);
  expect([reply.status, reply.headers['access-control-allow-origin']]).toEqual([401, LISTED]);
});

it.each([
  'https://evil.example',
  'https://console.example.com.evil.example',
  'https://console.example.com:8443',
  'http://console.example.com',
  'null',
])('a page of %s is refused and reads nothing', async (origin) => {
  const reply = await whoami(origin);
  expect([reply.status, reply.body.error.code, corsOf(reply)]).toEqual([403, 'origin_not_allowed', {}]);
  expect(reply.headers.vary).toBe('Origin');
  const asked = await preflight('/api/v1/tokens', origin);
  expect([asked.status >= 400, corsOf(asked)]).toEqual([true, {}]);
});

it('who is no page gets no such headers, and caches are told all the same', async () => {
  const reply = await whoami(undefined);
  expect([reply.status, corsOf(reply), reply.headers.vary]).toEqual([200, {}, 'Origin']);
});

it('every route answers a preflight of a listed page with the methods that it knows, and nothing is asked of it', async () => {
  for (const { method, url } of everyRoute(gateway)) {
    const reply = await preflight(url, LISTED);
    expect([url, reply.status, reply.text]).toEqual([url, 204, '']);
    const { 'access-control-allow-methods': methods, ...rest } = corsOf(reply);
    expect(String(methods).split(', ')).toContain(method);
    expect(rest).toEqual({
      'access-control-allow-origin': LISTED,
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': expect.stringMatching(/\bauthorization, content-type, idempotency-key\b/),
      'access-control-max-age': '600',
    });
  }
});

it('an unknown path stays unknown, and OPTIONS without a question is no method', async () => {
  expect((await preflight('/api/v1/nothing', LISTED)).status).toBe(404);
  const bare = await gateway.call('/api/v1/tokens', { method: 'OPTIONS', headers: { origin: LISTED } });
  expect([bare.status, bare.headers.allow]).toEqual([405, 'GET, HEAD, POST']);
});

it('headers are those of a list, and what clients tell about themselves', async () => {
  const asked = 'authorization, x-forwarded-for, tailscale-user-login, x-stainless-os, x-stainless-évil';
  const reply = await preflight('/api/v1/tokens', LISTED, { 'access-control-request-headers': encodeURI(asked) });
  const allowed = String(reply.headers['access-control-allow-headers']);
  for (const name of ['x-forwarded-for', 'tailscale-user-login', 'vil', '*']) expect(allowed).not.toContain(name);
});

it('OpenAI clients in a page may tell about themselves', async () => {
  const reply = await preflight('/api/v1/tokens', LISTED, { 'access-control-request-headers': 'x-stainless-os' });
  expect(reply.headers['access-control-allow-headers']).toContain('x-stainless-os');
});

it('a preflight is no attempt: it neither counts nor is held up by a lock', async () => {
  for (let n = 0; n < 25; n += 1) await whoami(LISTED, bearer('wrong-secret-of-a-page'));
  expect((await whoami(LISTED)).status).toBe(429);
  expect((await preflight('/api/v1/tokens', LISTED)).status).toBe(204);
  await new World(gateway).forgive();
});

it('a list that is changed holds from the next request on; an empty one says nothing at all', async () => {
  const world = new World(gateway);
  await world.configure(configured([ALSO]));
  expect((await whoami(LISTED)).status).toBe(403);
  await world.configure(configured([]));
  const reply = await whoami(undefined);
  expect([reply.headers.vary, corsOf(reply)]).toEqual([undefined, {}]);
});
