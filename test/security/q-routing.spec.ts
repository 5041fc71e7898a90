import { readdirSync, lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Controller, Get, Module, Post, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { Method, RpcGateway } from '../../src/gateway/rpc.js';
import { bearer, HOUSE_TOKEN, type TestGateway, startGateway } from '../helpers/gateway.js';
import { local, request, talk } from '../helpers/raw-http.js';
import { unknownToken, World } from '../helpers/world.js';
import { connected, DIALECTS, NATIVE, WsClient } from '../helpers/ws-client.js';
import { closedRoutes, everyRoute, PUBLIC_PATHS, type Route, WELL_KNOWN_PATHS } from './routes.js';

let handled = 0;

/** Somebody who forgot every decorator that opens or closes a route. */
@Controller('careless')
class CarelessController {
  @Get()
  read(): string {
    return `handled ${(handled += 1)}`;
  }

  @Get('broken')
  broken(): never {
    throw new Error('SELECT secret FROM nowhere, in /src/careless.ts:7');
  }

  @Post(':id')
  write(): string {
    return `handled ${(handled += 1)}`;
  }
}

/** And over WebSocket. */
@RpcGateway()
class CarelessGateway {
  @Method('careless.call')
  call(): string {
    return `handled ${(handled += 1)}`;
  }

  @Method('careless.broken')
  broken(): never {
    throw new Error('SELECT secret FROM nowhere, in /src/careless.ts:7');
  }
}

@Module({ controllers: [CarelessController], providers: [CarelessGateway] })
class CarelessModule implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  /** A route that Nest knows nothing of. */
  onModuleInit(): void {
    const server = this.host.httpAdapter.getInstance<FastifyInstance>();
    server.get('/raw', () => `handled ${(handled += 1)}`);
    server.route({ method: ['PUT', 'DELETE'], url: '/raw/*', handler: async () => `handled ${(handled += 1)}` });
  }
}

let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  gateway = await startGateway({
    config: { gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' } } },
    database: 'embedded',
    modules: [CarelessModule],
  });
  world = new World(gateway);
});
afterAll(() => gateway.close());
afterEach(async () => {
  await world.forgive();
  handled = 0;
});

const isGet = ({ method }: Route): boolean => method === 'GET';
const isStatic = ({ path }: Route): boolean => path.startsWith('/docs');

describe('S217: what was registered without a word about who may call it', () => {
  const CARELESS = [
    ['GET', '/careless'],
    ['HEAD', '/careless'],
    ['POST', '/careless/7'],
    ['GET', '/raw'],
    ['PUT', '/raw/x/y'],
    ['DELETE', '/raw/x'],
  ];

  it.each(CARELESS)('%s %s is closed to strangers', async (method, path) => {
    for (const headers of [{}, bearer('wrong'), bearer(unknownToken()), { 'x-user': 'admin', cookie: 'session=1' }]) {
      expect((await gateway.call(path!, { method, headers })).status).toBe(401);
    }
    expect(handled).toBe(0);
  });

  it.each(CARELESS)('%s %s is closed to whoever may only read and write', async (method, path) => {
    const { token } = await world.person('member');
    const reply = await gateway.call(path!, { method, headers: bearer(token) });

    expect(reply.status).toBe(403);
    expect(handled).toBe(0);
  });

  it.each(DIALECTS)('a method is closed to whoever may only read and write: $name', async (speech) => {
    const { token } = await world.person('member');
    const { client } = await connected(gateway, speech, { auth: { token } });
    const answer = await client.ask(speech.call(2, 'careless.call', {}));
    client.close();

    expect(speech.failure(answer)).toMatchObject({ code: 'FORBIDDEN', message: 'missing scope: operator.admin' });
    expect(handled).toBe(0);
  });

  it('an admin may call it', async () => {
    expect((await gateway.get('/careless', bearer(HOUSE_TOKEN))).text).toBe('handled 1');
    expect((await gateway.get('/raw', bearer(HOUSE_TOKEN))).text).toBe('handled 2');
  });
});

describe('S214: no other spelling of a path is a way around the door', () => {
  const SPELLINGS: [name: string, of: (url: string) => string][] = [
    ['a slash behind it', (url) => `${url}/`],
    ['two slashes behind it', (url) => `${url}//`],
    ['two slashes before it', (url) => `/${url}`],
    ['a dot', (url) => `/.${url}`],
    ['a way out and back', (url) => `/health/..${url}`],
    ['the same, encoded', (url) => `/health/%2e%2e${url}`],
    ['an encoded slash', (url) => `${url}%2f`],
    ['an encoded letter', (url) => `/%${url.charCodeAt(1).toString(16)}${url.slice(2)}`],
    ['a parameter of the path', (url) => `${url};x=/health`],
    ['another case', (url) => url.toUpperCase()],
    ['a backslash', (url) => `\\${url.slice(1)}`],
    ['a query', (url) => `${url}?x=/health`],
    ['a fragment', (url) => `${url}#/health`],
    ['a NUL', (url) => `${url}%00`],
    ['a space', (url) => `${url}%20`],
    ['an absolute form', (url) => `http://localhost${url}`],
    ['an absolute form of another host', (url) => `http://health.example${url}`],
  ];

  it.each(SPELLINGS)('%s', async (_, of) => {
    for (const { method, url } of closedRoutes(gateway)) {
      const bytes = request(`${method} ${of(url)}`, ['Connection: close']);
      const { replies } = await talk(local(gateway.port), bytes, { bodiless: method === 'HEAD' });
      expect([url, replies.length, [400, 401, 404, 405, 501]]).toEqual([
        url,
        1,
        expect.arrayContaining([replies[0]!.status]),
      ]);
    }
    expect(handled).toBe(0);
  });
});

describe('S215: HEAD is GET without a body', () => {
  it('is closed wherever GET is', async () => {
    for (const { url } of closedRoutes(gateway).filter(isGet)) {
      const { status, text } = await gateway.call(url, { method: 'HEAD' });
      expect([url, status, text]).toEqual([url, 401, '']);
    }
    expect(handled).toBe(0);
  });

  it('counts as GET does', async () => {
    for (let i = 0; i < 20; i += 1) {
      const method = i % 2 === 0 ? 'HEAD' : 'GET';
      expect((await gateway.call('/careless', { method, headers: bearer('wrong') })).status).toBe(401);
    }
    expect((await gateway.call('/careless', { method: 'HEAD', headers: bearer('wrong') })).status).toBe(429);
    expect(handled).toBe(0);
  });
});

describe('S219: methods', () => {
  it.each(['TRACE', 'OPTIONS', 'PROPFIND', 'LOCK', 'SEARCH', 'M-SEARCH', 'PURGE', 'LINK'])(
    '%s is known to no route',
    async (method) => {
      for (const { url } of everyRoute(gateway)) {
        const bytes = request(`${method} ${url}`, [`Authorization: Bearer ${HOUSE_TOKEN}`, 'Connection: close']);
        const { replies } = await talk(local(gateway.port), bytes);
        expect([url, replies[0]!.status]).toEqual([url, 405]);
        expect(replies[0]!.headers['allow']).toMatch(/^[A-Z, ]+$/);
        expect(replies[0]!.body).not.toContain(HOUSE_TOKEN);
      }
    },
  );

  it.each(['CONNECT localhost:80', 'CONNECT /api/v1/whoami', 'BREW /careless', 'GETS /careless', 'get /careless'])(
    '%s is not implemented, and ends the connection',
    async (line) => {
      const { replies, closed } = await talk(local(gateway.port), request(line), { answers: 2 });
      expect(replies.map(({ status }) => status)).toEqual([501]);
      expect(JSON.parse(replies[0]!.body)).toMatchObject({ error: { code: 'method_not_implemented' } });
      expect(closed).toBe(true);
    },
  );

  it.each(['x-http-method-override', 'x-http-method', 'x-method-override'])('%s is not heard', async (name) => {
    const issued = await world.person();
    const headers = { ...bearer(HOUSE_TOKEN), [name]: 'DELETE' };
    for (const method of ['POST', 'GET']) {
      const { status } = await gateway.call(`/api/v1/tokens/${issued.id}?_method=DELETE`, { method, headers });
      expect(status).toBe(405);
    }
    expect((await gateway.get('/api/v1/whoami', bearer(issued.token))).status).toBe(200);
  });
});

describe('S221: one thing said in several places', () => {
  it('an id counts only in the path', async () => {
    const [mine, other] = [await world.person(), await world.person()];
    const path = `/api/v1/tokens/${mine.id}?id=${other.id}`;
    const body = { id: other.id };
    const reply = await gateway.call(path, { method: 'DELETE', headers: bearer(HOUSE_TOKEN), body });

    expect(reply.status).toBe(204);
    expect((await gateway.get('/api/v1/whoami', bearer(mine.token))).status).toBe(401);
    expect((await gateway.get('/api/v1/whoami', bearer(other.token))).status).toBe(200);
  });

  it.each([
    'limit=1&limit=200',
    'limit[]=5',
    'limit=',
    'limit=1e9',
    'limit=5;DROP',
    'limit=0x10x',
    'cursor=a&cursor=b',
    'tenantId=x',
  ])('a list asked for with ?%s is refused, with the field', async (query) => {
    const reply = await gateway.get(`/api/v1/tokens?${query}`, bearer(HOUSE_TOKEN));
    expect(reply.status).toBe(400);
    expect(reply.body.error).toMatchObject({ code: 'invalid_request', fields: expect.any(Array) });
  });

  it.each([
    { user: ['a@example.com', 'b@example.com'] },
    { user: { $ne: null } },
    { expiresIn: '3600' },
    { expiresIn: [60] },
    { scopes: 'operator.admin' },
    { scopes: { 0: 'operator.admin' } },
    { tenantId: 'x' },
    { id: 'x' },
    ['operator.admin'],
    'text',
    7,
  ])('a body of %j is refused', async (body) => {
    const reply = await gateway.call('/api/v1/tokens', {
      method: 'POST',
      headers: bearer(HOUSE_TOKEN),
      body: JSON.stringify(body),
    });
    expect(reply.status).toBe(400);
  });

  it.each(['{"__proto__":{"role":"owner"}}', '{"constructor":{"prototype":{"role":"owner"}}}'])(
    'a body of %s reaches no prototype',
    async (body) => {
      const reply = await gateway.call('/api/v1/tokens', { method: 'POST', headers: bearer(HOUSE_TOKEN), body });
      expect(reply.status).toBe(400);
      expect(({} as { role?: string }).role).toBeUndefined();
    },
  );
});

describe('S222: headers of every answer', () => {
  const ALWAYS = { 'x-content-type-options': 'nosniff', 'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/) };

  it('nosniff, no caching but of pages, a policy, and no promise of HTTPS', async () => {
    for (const { method, url, path } of everyRoute(gateway)) {
      for (const headers of [{}, bearer(HOUSE_TOKEN)]) {
        const reply = await gateway.call(url, { method, headers });
        expect([url, reply.headers]).toEqual([url, expect.objectContaining(ALWAYS)]);
        expect([url, reply.headers['content-security-policy']]).toEqual([
          url,
          expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
        ]);
        expect([url, 'strict-transport-security' in reply.headers]).toEqual([url, false]);
        const file = path === '/docs/*' && reply.status === 200;
        const known = WELL_KNOWN_PATHS.includes(path) && reply.status === 200;
        const caching = file ? 'public, max-age=0' : known ? 'public, max-age=300, must-revalidate' : 'no-store';
        expect([url, reply.headers['cache-control']]).toEqual([url, caching]);
      }
    }
  });

  it.each([
    ['no route', request('GET /nothing')],
    ['a path that cannot be decoded', request('GET /api/v1/auth/decisions/%zz')],
    ['no HTTP', 'hello\r\n\r\n'],
    ['too long a header', request('GET /health', [`X-Long: ${'x'.repeat(20_000)}`])],
    ['an upgrade that is none', request('GET /api/v1/whoami', ['Upgrade: h2c', 'Connection: Upgrade'])],
    [
      'a WebSocket of another site',
      request('GET /ws', ['Upgrade: websocket', 'Connection: Upgrade', 'Origin: https://evil.example']),
    ],
  ])('of %s', async (_, bytes) => {
    const { replies } = await talk(local(gateway.port), bytes);
    expect(replies[0]!.headers).toMatchObject({ ...ALWAYS, 'cache-control': 'no-store' });
    expect(replies[0]!.headers['content-type']).toMatch(/^application\/json/);
  });

  it('HSTS is sent to the letter once it is configured, on probes too', async () => {
    const hsts = 'max-age=63072000; includeSubDomains';
    await world.configure({
      gateway: { auth: { token: HOUSE_TOKEN }, http: { securityHeaders: { strictTransportSecurity: hsts } } },
    });
    for (const path of ['/health', '/api/v1/whoami', '/nothing']) {
      expect((await gateway.get(path)).headers['strict-transport-security']).toBe(hsts);
    }
    await world.configure({ gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' } } });
  });
});

describe('S223: files are served out of one folder, and nothing beside it', () => {
  const ROOT = dirname(require.resolve('swagger-ui-dist/package.json'));

  it.each([
    '/docs/../package.json',
    '/docs/..%2fpackage.json',
    '/docs/%2e%2e/%2e%2e/package.json',
    '/docs/..%5c..%5cpackage.json',
    '/docs/....//....//package.json',
    '/docs//etc/passwd',
    '/docs/%2fetc/passwd',
    '/docs/swagger-ui.css%00.html',
    '/docs/swagger-ui.css/..',
    '/docs/.npmrc',
    '/docs/%c0%ae%c0%ae/package.json',
    'http://localhost/docs/../../package.json',
  ])('%s is nothing, for an admin too', async (path) => {
    const bytes = request(`GET ${path}`, [`Authorization: Bearer ${HOUSE_TOKEN}`, 'Connection: close']);
    const { replies } = await talk(local(gateway.port), bytes);

    expect([400, 403, 404]).toContain(replies[0]!.status);
    expect(replies[0]!.body).not.toMatch(/"version"|root:/);
  });

  it('and holds no link that leads out of it', () => {
    const links = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter((name) =>
      lstatSync(join(ROOT, name)).isSymbolicLink(),
    );
    expect(links).toEqual([]);
  });

  it('whoever may not read gets none of them', async () => {
    for (const { url } of closedRoutes(gateway).filter(isStatic)) {
      expect([url, (await gateway.get(url)).status]).toEqual([url, 401]);
    }
    for (const url of ['/docs', '/docs/swagger-ui.css', '/docs/swagger-ui-init.js', '/openapi.json']) {
      expect([url, (await gateway.get(url, bearer(HOUSE_TOKEN))).status]).toEqual([url, 200]);
    }
  });
});

describe('S198: what goes wrong is told in one shape', () => {
  const LEAKS = /\bat .*\.(js|ts):\d+|node_modules|\/src\/|SELECT |fastify|nestjs|typeorm|passport|FST_|ERR_/i;

  it.each([
    ['a path that cannot be decoded', '/api/v1/auth/decisions/%zz', 'GET', undefined],
    ['no JSON', '/api/v1/tokens', 'POST', '{'],
    ['an empty body', '/api/v1/tokens', 'POST', ''],
    ['an id that is none', '/api/v1/tokens/1%27%20OR%201=1', 'DELETE', undefined],
    ['an address that is none', '/api/v1/rate-limits/%00', 'DELETE', undefined],
    ['a cursor that is none', '/api/v1/tokens?cursor=%27', 'GET', undefined],
    ['a very long id', `/api/v1/auth/decisions/${'x'.repeat(4000)}`, 'GET', undefined],
    ['an unknown route', '/api/v2/whoami', 'GET', undefined],
  ])('%s', async (_, path, method, body) => {
    for (const headers of [{}, bearer(HOUSE_TOKEN)]) {
      const reply = await gateway.call(path, { method, headers, body });
      expect(reply.status).toBeGreaterThanOrEqual(400);
      expect(reply.status).toBeLessThan(500);
      expect(reply.body.error).toMatchObject({ message: expect.any(String), requestId: reply.headers['x-request-id'] });
      expect(reply.text).not.toMatch(LEAKS);
    }
  });

  it('an unknown route tells a stranger nothing else than an admin', async () => {
    const strip = (text: string) => text.replace(/"requestId":"[^"]*"/, '');
    const [stranger, admin] = [await gateway.get('/nothing'), await gateway.get('/nothing', bearer(HOUSE_TOKEN))];
    expect(strip(stranger.text)).toBe(strip(admin.text));
  });

  it('a handler that throws is a 500 without its reason', async () => {
    const reply = await gateway.get('/careless/broken', bearer(HOUSE_TOKEN));
    expect(reply.status).toBe(500);
    expect(reply.body.error).toEqual({
      message: 'internal error',
      type: 'internal_error',
      code: 'internal_error',
      requestId: reply.headers['x-request-id'],
    });
  });

  it.each(DIALECTS)('so is a WebSocket method: $name', async (speech) => {
    const { client } = await connected(gateway, speech, { auth: { token: HOUSE_TOKEN } });
    const answer = await client.ask(speech.call(2, 'careless.broken', {}));
    client.close();

    expect(speech.failure(answer)).toMatchObject({ code: 'UNAVAILABLE', message: 'internal error' });
    expect(JSON.stringify(answer)).not.toMatch(LEAKS);
  });
});

describe('S201: what a stranger learns', () => {
  it.each(PUBLIC_PATHS)('of %s is that it lives, and no more', async (path) => {
    const { body, headers } = await gateway.get(path);

    expect([{ ok: true, status: 'live' }, { ready: true }]).toContainEqual(body);
    expect(JSON.stringify(headers)).not.toMatch(/doorward|fastify|nest|express|node/i);
  });

  it.each(['/metrics', '/docs', '/openapi.json', '/api/v1/status', '/api/v1/auth/chain'])(
    'of %s is nothing',
    async (path) => {
      expect([401, 404]).toContain((await gateway.get(path)).status);
    },
  );
});

describe('S191: nothing secret in an address', () => {
  it.each(['token', 'access_token', 'auth', 'password', 'deviceToken', 'gatewayToken', 'authorization'])(
    '?%s= is no credential, over REST or WebSocket',
    async (name) => {
      const query = `?${name}=${HOUSE_TOKEN}&${name}=Bearer%20${HOUSE_TOKEN}`;
      expect((await gateway.get(`/api/v1/whoami${query}`)).status).toBe(401);
      const client = await WsClient.open(gateway, { path: `/ws${query}` });
      client.send(NATIVE.call(1, 'connect', {}));
      expect((await client.closed).code).toBe(1008);
    },
  );

  it('and no answer or line of the log repeats it', async () => {
    const reply = await gateway.get(`/nothing?token=${HOUSE_TOKEN}`);
    await gateway.get(`/api/v1/tokens?cursor=${HOUSE_TOKEN}`, bearer(HOUSE_TOKEN));
    await world.flushLog();
    expect(reply.text).not.toContain(HOUSE_TOKEN);
    expect(JSON.stringify(gateway.log())).not.toContain(HOUSE_TOKEN);
  });
});
