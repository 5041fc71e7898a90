import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { LocalProof } from '../../src/auth/local-proof.js';
import { HOUSE_TOKEN, type Reply, type RequestOptions, type TestGateway, startGateway } from '../helpers/gateway.js';
import { DOORS, knock, Visitor } from '../helpers/knock.js';
import { type Elsewhere, elsewhere, GivenOut } from '../helpers/namespace.js';
import { World } from '../helpers/world.js';
import { WsClient } from '../helpers/ws-client.js';
import {
  closedRoutes,
  CONSOLE_PATHS,
  everyRoute,
  OAUTH_PATHS,
  PUBLIC_PATHS,
  SIGN_IN_PATHS,
  WELL_KNOWN_PATHS,
} from './routes.js';

const EVIL = 'https://evil.example';

/** The bypass is on, as it is by default, and a house key stands beside it. */
const settings = (auth: object = {}) => ({ gateway: { bind: 'lan', auth: { token: HOUSE_TOKEN, ...auth } } });

let gateway: TestGateway;
let world: World;
let far: Elsewhere;

beforeAll(async () => {
  far = await elsewhere();
  gateway = await startGateway({ config: settings(), database: 'embedded' });
  world = new World(gateway);
});
afterAll(async () => {
  await gateway.close();
  await far.close();
});
afterEach(async () => {
  await world.forgive();
  await world.configure(settings());
});

const pairingRequests = () => world.rows('SELECT id FROM pairing_requests');

it.each(DOORS)(
  '%s: this machine comes in without a credential, so that the cases below have something to lose',
  async (door) => {
    expect((await knock(gateway, door, {})).outcome).toBe('loopback');
  },
);

describe.each(DOORS)('%s', (door) => {
  it.each([
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Forwarded-User',
    'X-Real-IP',
    'Forwarded',
    'Via',
    'X-Forwarded-Email',
    'X-Forwarded-Uri',
    'X-Forwarded-Anything-Else',
    'CF-Connecting-IP',
    'True-Client-IP',
    'Tailscale-User-Login',
    'Tailscale-Headers-Info',
  ])('S001: no bypass for a request with %s', async (header) => {
    expect((await knock(gateway, door, { headers: { [header]: '198.51.100.4' } })).outcome).toBe('token_missing');
  });

  it('S001: no bypass for an empty forwarding header either', async () => {
    expect((await knock(gateway, door, { headers: { 'X-Forwarded-For': '' } })).outcome).toBe('token_missing');
  });

  it.each(['X-Auth-Request-Email', 'X-Proxy-Secret'])(
    'S001: no bypass for a request with %s, the header of the configured proxy, though it forwards no address',
    async (header) => {
      const trustedProxy = { enabled: true, userHeader: 'X-Auth-Request-Email', requiredHeaders: ['X-Proxy-Secret'] };
      await world.configure({ gateway: { ...settings({ trustedProxy }).gateway, trustedProxies: ['127.0.0.1'] } });

      const { outcome } = await knock(gateway, door, { headers: { [header]: 'somebody' } });
      expect(outcome).toMatch(/^t(oken|rusted_proxy)_\w*missing/);
    },
  );

  it.each([
    'rebind.example:18789',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '[::1].evil.example',
    '[::1]evil.example',
    '127.0.0.1:80:80',
    'evil.example#localhost',
    'localhost@evil.example',
    '0.0.0.0',
    '127.1',
    '2130706433',
    '[::ffff:127.0.0.1]',
  ])('S003: no bypass under the name %s', async (host) => {
    const { outcome, text } = await knock(gateway, door, { headers: { host } });

    expect(outcome).toBe('token_missing');
    expect(text).not.toContain('access-control');
  });

  it.each(['localhost', 'LOCALHOST:18789', '127.0.0.1', '[::1]:18789'])('S003: %s is this machine', async (host) => {
    expect((await knock(gateway, door, { headers: { host } })).outcome).toBe('loopback');
  });

  it('S003: a WebSocket or request under a foreign name from a page of that name is refused for its Origin', async () => {
    const headers = { host: 'rebind.example:18789', origin: 'http://rebind.example:18789' };
    expect((await knock(gateway, door, { headers })).outcome).toBe('origin_not_allowed');
  });

  it.each(['cross-site', 'same-site', 'nonsense'])('S005: no bypass for Sec-Fetch-Site: %s', async (site) => {
    expect((await knock(gateway, door, { headers: { 'sec-fetch-site': site } })).outcome).toBe('token_missing');
  });

  it('S011: the gateway’s own network address is remote, as is everybody else’s', async () => {
    for (const address of [far.own, ...far.addresses]) {
      expect((await knock(gateway, door, { dial: far.from(address, gateway) })).outcome).toBe('token_missing');
    }
  });

  it.each([
    ['127.0.0.1', 'loopback'],
    ['127.200.3.4', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['::ffff:198.51.100.4', 'token_missing'],
    ['128.0.0.1', 'token_missing'],
    ['::127.0.0.1', 'token_missing'],
    ['::', 'token_missing'],
    ['0.0.0.0', 'token_missing'],
    ['169.254.0.1', 'token_missing'],
    ['64:ff9b::7f00:1', 'token_missing'],
    ['fe80::1%lo', 'token_missing'],
  ])('S011: a socket from %s is %s', async (address, outcome) => {
    const given = new GivenOut(address, gateway.app);
    try {
      expect((await knock(gateway, door, { dial: given.dial })).outcome).toBe(outcome);
    } finally {
      given.close();
    }
  });
});

describe('S005: what other sites make a browser send', () => {
  const SELF_JUDGING = new Set([...OAUTH_PATHS, ...SIGN_IN_PATHS, '/auth/gateway-token', '/auth/refresh']);

  it('changes nothing, on any route that could', async () => {
    const wrong = { headers: { host: 'gateway.example.com', authorization: 'Bearer wrong' }, from: '127.0.0.5' };
    await gateway.call('/api/v1/whoami', wrong);
    const before = await state();
    const changing = everyRoute(gateway).filter(({ method }) => method !== 'GET' && method !== 'HEAD');
    expect(changing.length).toBeGreaterThan(2);

    for (const { method, url, path } of changing) {
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
        const forged: RequestOptions = { method, body: '{"label":"stolen"}', headers: { 'content-type': type } };
        const target = url.replace('203.0.113.77', '127.0.0.5');
        const fromPage = await gateway.call(target, { ...forged, headers: { ...forged.headers, origin: EVIL } });
        expect([fromPage.status, fromPage.body.code ?? fromPage.body.error.code]).toEqual([403, 'origin_not_allowed']);
        const withoutOrigin = { ...forged.headers, 'sec-fetch-site': 'cross-site' };
        // Where a secret is judged by the route itself, there is none in what a page sends.
        const { status } = await gateway.call(target, { ...forged, headers: withoutOrigin });
        expect([path, SELF_JUDGING.has(path) && [400, 403, 415].includes(status) ? 401 : status]).toEqual([path, 401]);
      }
    }
    expect(await state()).toEqual(before);
  });

  it('a simple request is no JSON, so it would not even be read from this machine itself', async () => {
    const headers = { 'content-type': 'text/plain' };
    const reply = await gateway.call('/api/v1/tokens', { method: 'POST', headers, body: '{"label":"stolen"}' });
    expect(reply.status).toBe(415);
  });

  async function state(): Promise<unknown[]> {
    const limits = (await gateway.get('/api/v1/rate-limits')).body.items;
    expect(limits).toHaveLength(1);
    return [limits, (await gateway.get('/api/v1/tokens')).body.items];
  }
});

describe('S007: a page of another site on this machine', () => {
  it.each([
    ['nothing', {}],
    ['the house key', { token: HOUSE_TOKEN }],
  ])('is refused the upgrade, showing %s', async (_, secret) => {
    for (const auth of ['allow', 'deny']) {
      await world.configure(settings({ loopback: auth }));
      for (const door of ['JSON-RPC', 'native'] as const) {
        const { status, outcome } = await knock(gateway, door, { ...secret, headers: { origin: EVIL } });
        expect([status, outcome]).toEqual([403, 'origin_not_allowed']);
      }
    }
    expect(await pairingRequests()).toEqual([]);
  });

  it.each(['null', 'file://', 'chrome-extension://abcdef', 'http://localhost:1', 'http://localhost.evil.example'])(
    'is refused as %s too',
    async (origin) => {
      const { status, body } = await WsClient.refusal(gateway, { headers: { origin } });
      expect([status, body.error.code]).toEqual([403, 'origin_not_allowed']);
    },
  );
});

it('S008: nothing is paired for a page of another site: it has no socket to ask on', async () => {
  const { status } = await WsClient.refusal(gateway, { headers: { origin: EVIL } });

  expect(status).toBe(403);
  expect(await pairingRequests()).toEqual([]);
});

describe('S009: with the bypass off', () => {
  beforeEach(() => world.configure(settings({ loopback: 'deny' })));

  it('no route but the written ones answers this machine without a credential', async () => {
    const answers = await Promise.all(
      everyRoute(gateway).map(async (route) => [route.path, await tried(route)] as const),
    );
    const open = new Set(answers.filter(([, { status }]) => status !== 401).map(([path]) => path));

    expect([...open].toSorted()).toEqual(
      [...PUBLIC_PATHS, ...CONSOLE_PATHS, ...WELL_KNOWN_PATHS, ...OAUTH_PATHS, ...SIGN_IN_PATHS]
        // Whose refresh token is missing too is told 401.
        .filter((path) => path !== '/auth/refresh')
        .toSorted(),
    );
    expect(answers.length).toBeGreaterThan(20);
  });

  it.each(['/', '/ws'])('a WebSocket on %s opens, and lets nobody in', async (path) => {
    const client = await WsClient.open(gateway, { path });
    client.send({ jsonrpc: '2.0', id: 1, method: 'connect', params: {} });
    expect(await client.closed).toMatchObject({ code: 1008, reason: expect.stringMatching(/^unauthorized/) });
  });

  it.each(['/health', '/api/v1/whoami', '/docs', '/ws/', '//ws', '/nothing'])(
    'there is no WebSocket on %s',
    async (path) => {
      expect((await WsClient.refusal(gateway, { path })).status).toBe(404);
    },
  );

  const tried = ({ method, url }: { method: string; url: string }): Promise<Reply> => gateway.call(url, { method });
});

describe('S012: no page of another site reads an answer', () => {
  const PREFLIGHT = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' };

  it.each([EVIL, 'null', 'https://evil.example:18789'])('asked by %s, no route echoes it', async (origin) => {
    for (const { method, url, path } of everyRoute(gateway)) {
      for (const asked of [
        await gateway.call(url, { method, headers: { origin } }),
        await gateway.call(url, { method: 'OPTIONS', headers: { origin, ...PREFLIGHT } }),
      ]) {
        const allowed = Object.keys(asked.headers).filter((name) => name.startsWith('access-control-'));
        expect([url, allowed]).toEqual([url, []]);
        expect([url, asked.status < 400]).toEqual([
          url,
          asked.status === 200 &&
            [...PUBLIC_PATHS, ...WELL_KNOWN_PATHS, ...CONSOLE_PATHS, ...SIGN_IN_PATHS].includes(path),
        ]);
      }
    }
  });
});

describe('S013: a raw TCP forwarder on this machine, which adds no header', () => {
  let forwarder: Server;
  let port: number;

  beforeAll(async () => {
    forwarder = createServer((near) => {
      const onward = connect(gateway.port, '127.0.0.1');
      near.pipe(onward).pipe(near);
      near.on('error', () => onward.destroy());
      onward.on('error', () => near.destroy());
    });
    await new Promise<void>((resolve) => forwarder.listen(0, () => resolve()));
    port = (forwarder.address() as AddressInfo).port;
  });
  afterAll(() => forwarder.close());

  const through = () => ({ dial: far.from(far.addresses[0], { port }), headers: { host: 'localhost' } });

  it.each(DOORS)(
    '%s: passes for this machine while the bypass is "allow" (decided), which the start log warns of',
    async (door) => {
      expect((await knock(gateway, door, through())).outcome).toBe('loopback');

      await world.flushLog();
      const log = gateway.log();
      const atStart = log.slice(
        0,
        log.findIndex(({ msg }) => msg === 'gateway: listening'),
      );
      const warned = atStart.filter(
        ({ level, msg }) => level === 'warn' && /a port forwarder on this machine/.test(String(msg)),
      );
      expect(warned).toHaveLength(1);
    },
  );

  it.each(DOORS)('%s: is refused under "proof", which asks for a file that only its owner reads', async (door) => {
    await world.configure(settings({ loopback: 'proof' }));
    expect((await knock(gateway, door, through())).outcome).toBe('token_missing');
    expect((await knock(gateway, door, {})).outcome).toBe('token_missing');

    const header = (value: string) => ({ headers: { [LocalProof.HEADER]: value } });
    const proof = readFileSync(join(gateway.stateDir, LocalProof.FILE), 'utf8');
    expect((await knock(gateway, door, header(proof))).outcome).toBe('loopback');
    expect((await knock(gateway, door, header(proof.slice(0, -1)))).outcome).toBe('token_missing');
    expect((await knock(gateway, door, header(''))).outcome).toBe('token_missing');
  });

  it.each(DOORS)('%s: is refused under "deny"', async (door) => {
    await world.configure(settings({ loopback: 'deny' }));
    expect((await knock(gateway, door, through())).outcome).toBe('token_missing');
  });
});

it('a forwarded caller is remote on a socket that stays, too', async () => {
  const visitor = new Visitor(gateway.port, 'native', { headers: { 'x-forwarded-for': '127.0.0.1' } });
  expect((await visitor.outcome).outcome).toBe('token_missing');
  expect((await visitor.closed).code).toBe(1008);
});

it('every route but the public ones is walked by the cases above', () => {
  const paths = new Set(closedRoutes(gateway).map(({ path }) => path));
  expect(paths).toContain('/api/v1/whoami');
  expect(paths).toContain('/docs/*');
});
