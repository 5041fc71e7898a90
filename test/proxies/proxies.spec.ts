import { DecisionTrace } from '../../src/auth/decision-trace.js';
import { caddy } from '../helpers/caddy.js';
import { HOUSE_TOKEN, type TestGateway, startGateway } from '../helpers/gateway.js';
import { DOORS, knock, type Outcome, type Shown } from '../helpers/knock.js';
import { type Elsewhere, elsewhere } from '../helpers/namespace.js';
import { nginx } from '../helpers/nginx.js';
import { local, request, talk } from '../helpers/raw-http.js';
import type { ProxyKind, ReverseProxy } from '../helpers/reverse-proxy.js';
import { World } from '../helpers/world.js';
import { careless } from './careless-proxy.js';

/** The real ones where this machine has them; one of our own everywhere. */
const KINDS = [careless, nginx, caddy].filter((kind) => kind !== undefined);

const ANA = 'ana@example.com';
const ROOT = 'root@example.com';
const ALLOWED = 20;

let far: Elsewhere;
let remote: string;
let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  far = await elsewhere();
  [remote] = far.addresses;
  gateway = await startGateway({ config: { gateway: { bind: 'lan', auth: { token: HOUSE_TOKEN } } } });
  world = new World(gateway);
});
afterAll(async () => {
  await gateway.close();
  await far.close();
});
afterEach(() => world.forgive());

describe.each(KINDS)('behind $name', (kind: ProxyKind) => {
  let proxy: ReverseProxy;

  beforeAll(async () => {
    proxy = await kind.start(gateway.port);
  });
  afterAll(() => proxy.close());

  /** `exclusive`: the proxy's word is the only way in. `beside`: one of several, and the bypass is on. */
  const settings = (place: 'exclusive' | 'beside', more: object = {}) => ({
    gateway: {
      bind: 'lan',
      trustedProxies: ['127.0.0.1'],
      auth: {
        token: HOUSE_TOKEN,
        ...(place === 'exclusive' && { mode: 'trusted-proxy' }),
        trustedProxy: { enabled: true, userHeader: kind.userHeader, ...more },
      },
    },
  });

  /** Somebody elsewhere who calls the proxy. */
  const client = (headers: Record<string, string> = {}, more: Shown = {}): Shown => ({
    ...more,
    dial: far.from(remote, proxy),
    headers: { host: 'gateway.example.com', ...headers },
  });

  /** The same, signed in at the proxy. */
  const ana = (headers: Record<string, string> = {}, more: Shown = {}): Shown =>
    client({ cookie: 'session=ana', ...headers }, more);

  const decisionOf = ({ requestId }: Outcome) => world.get(DecisionTrace).find(requestId!)!;

  /** What the gateway sees of a client: without a network of its own, the proxy can tell it no other address. */
  const seen = () => (far.kind === 'given' ? '127.0.0.7' : remote);

  describe.each(['exclusive', 'beside'] as const)('%s', (place) => {
    beforeEach(() => world.configure(settings(place)));

    const NOBODY = place === 'exclusive' ? 'trusted_proxy_user_missing' : 'token_missing';

    describe.each(DOORS)('%s', (door) => {
      it('a user who is signed in comes in, by name, address and scope', async () => {
        const reply = await knock(gateway, door, ana());

        expect(reply).toMatchObject({ outcome: 'trusted-proxy', scopes: ['operator.read', 'operator.write'] });
        expect(decisionOf(reply)).toMatchObject({ client: seen(), peer: '127.0.0.1', identity: { subject: ANA } });
      });

      it.each([
        ['in the header of the proxy', () => ({ [kind.userHeader]: ROOT })],
        ['in its lower-case form', () => ({ [kind.userHeader.toLowerCase()]: ROOT })],
        [
          'in every header of that kind',
          () => ({ 'X-Forwarded-User': ROOT, 'X-Auth-Request-Email': ROOT, 'Remote-User': ROOT, 'X-User': ROOT }),
        ],
        ['S032: with underscores', () => ({ [kind.userHeader.replaceAll('-', '_')]: ROOT })],
        ['S032: with one underscore', () => ({ [kind.userHeader.replace('-', '_')]: ROOT })],
      ])('a name that the client makes up %s is nobody’s, and does not replace the true one', async (_, forged) => {
        const stranger = await knock(gateway, door, client(forged()));
        expect(stranger.outcome).toBe(NOBODY);
        expect(decisionOf(stranger).client).toBe(seen());

        const known = await knock(gateway, door, ana(forged()));
        expect(decisionOf(known).identity?.subject).toBe(ANA);
      });

      it('S031: whoever goes past the proxy is nobody', async () => {
        const past = {
          dial: far.from(remote, gateway),
          headers: { [kind.userHeader]: ANA, 'X-Forwarded-For': '203.0.113.1' },
        };
        const reply = await knock(gateway, door, past);
        expect(reply.outcome).toBe('trusted_proxy_untrusted_source');
        expect(decisionOf(reply)).toMatchObject({ client: remote, peer: remote });

        const otherPeer = { from: '127.0.0.2', headers: { host: 'gateway.example.com', [kind.userHeader]: ANA } };
        expect((await knock(gateway, door, otherPeer)).outcome).toBe('trusted_proxy_untrusted_source');
      });

      it.each(['127.0.0.1', '127.0.0.1, 127.0.0.1', '203.0.113.1, 127.0.0.1', '203.0.113.1', '::1', 'unknown', ','])(
        'S029, S035: X-Forwarded-For: %s from outside changes neither the client nor where it is',
        async (chain) => {
          for (const shown of [
            client({ 'X-Forwarded-For': chain, host: 'localhost' }),
            ana({ 'X-Forwarded-For': chain }),
          ]) {
            const reply = await knock(gateway, door, shown);
            expect([NOBODY, 'trusted-proxy']).toContain(reply.outcome);
            expect(decisionOf(reply).client).toBe(seen());
          }
        },
      );

      it.each([
        { 'X-Forwarded-Host': 'localhost', 'X-Forwarded-Proto': 'https', host: 'localhost' },
        { 'X-Real-IP': '127.0.0.1', host: '127.0.0.1' },
        { Forwarded: 'for=127.0.0.1;host=localhost;proto=https', host: 'localhost' },
        { 'CF-Connecting-IP': '127.0.0.1', 'True-Client-IP': '127.0.0.1', host: '[::1]' },
        { 'X-Original-URL': '/health', 'X-Rewrite-URL': '/health', 'X-Forwarded-Uri': '/health', host: 'localhost' },
      ] as Record<string, string>[])('S001, S041, S042: %j makes nobody local, and opens nothing', async (headers) => {
        const reply = await knock(gateway, door, client(headers));
        expect(reply.outcome).toBe(NOBODY);
        expect(decisionOf(reply).client).toBe(seen());
      });

      it('S016: a page of another site is refused, whoever is signed in', async () => {
        const reply = await knock(gateway, door, ana({ origin: 'https://evil.example' }));
        expect(reply).toMatchObject({ status: 403, outcome: 'origin_not_allowed' });
      });

      it('the name is no admin’s, whatever scope is asked for', async () => {
        const { scopes } = await knock(gateway, door, ana({}, { scopes: ['operator.admin', 'operator.read'] }));
        expect(scopes).not.toContain('operator.admin');
      });
    });

    it('and nothing that was made up stands in the log', async () => {
      await world.flushLog();
      expect(JSON.stringify(gateway.log())).not.toContain(ROOT);
    });
  });

  describe('S034: headers that the client lists in Connection', () => {
    const LISTED = [
      'X-Forwarded-For',
      'X-Forwarded-Proto',
      'X-Forwarded-User',
      'X-Auth-Request-Email',
      'Cookie',
      'Host',
    ];
    const asked = async (headers: readonly string[]) => {
      const head = request('GET /api/v1/whoami', headers).replace('Host: localhost', 'Host: gateway.example.com');
      const { replies } = await talk(far.from(remote, proxy), head);
      const { method, user, error } = JSON.parse(replies[0]!.body || '{}') as {
        method?: string;
        user?: string;
        error?: { code: string };
      };
      return { status: replies[0]!.status, outcome: method ?? error?.code, user };
    };

    beforeEach(() => world.configure(settings('exclusive', { requiredHeaders: ['X-Forwarded-Proto'] })));

    it.each(LISTED)('%s: the true name, or none', async (name) => {
      const reply = await asked([`Connection: close, ${name}`, 'Cookie: session=ana']);
      expect([
        { status: 200, outcome: 'trusted-proxy', user: ANA },
        { status: 401, outcome: 'trusted_proxy_missing_header', user: undefined },
        { status: 401, outcome: 'trusted_proxy_user_missing', user: undefined },
        { status: 400, outcome: undefined, user: undefined }, // a proxy that has lost the Host
      ]).toContainEqual(reply);
    });

    it.each(LISTED)('%s: a name that the client makes up beside it is nobody’s', async (name) => {
      const { status, user } = await asked([
        `Connection: close, ${name}`,
        `${kind.userHeader}: ${ROOT}`,
        `${kind.userHeader}: ${ROOT}`,
      ]);
      expect([400, 401]).toContain(status);
      expect(user).toBeUndefined();
    });

    it('all of them at once, and a second Connection line', async () => {
      const { status, user } = await asked([
        `Connection: close, ${LISTED.slice(0, 4).join(', ')}`,
        `Connection: ${kind.userHeader.toUpperCase()}`,
        `${kind.userHeader}: ${ROOT}`,
      ]);
      expect([status, user]).toEqual([401, undefined]);
    });
  });

  describe('S206: two thousand headers before those of the proxy', () => {
    beforeEach(() => world.configure(settings('beside')));

    it.each(['A', 'Z', 'X'])('called %s: a stranger who calls himself localhost stays one', async (name) => {
      const filler = Array<string>(2100).fill(`${name}: `);
      const { replies } = await talk(
        far.from(remote, proxy),
        request('GET /api/v1/whoami', [...filler, 'Connection: close']),
      );
      expect([400, 401, 431, 502]).toContain(replies[0]!.status);
    });
  });

  describe('4.2.1: what proxy and gateway might read differently', () => {
    beforeEach(() => world.configure(settings('beside')));
    const SMUGGLED = `GET /api/v1/whoami HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${HOUSE_TOKEN}\r\nX: `;

    it.each([
      [
        'both lengths',
        [`Content-Length: ${SMUGGLED.length + 5}`, 'Transfer-Encoding: chunked'],
        `0\r\n\r\n${SMUGGLED}`,
      ],
      ['a coding that is none', ['Content-Length: 5', 'Transfer-Encoding: xchunked'], `0\r\n\r\n${SMUGGLED}`],
      ['a blank before the colon', ['Content-Length: 5', 'Transfer-Encoding : chunked'], `0\r\n\r\n${SMUGGLED}`],
      ['a bare line feed', ['Content-Length: 5', 'X: y\nTransfer-Encoding: chunked'], `0\r\n\r\n${SMUGGLED}`],
      ['two lengths', ['Content-Length: 5', `Content-Length: ${SMUGGLED.length + 5}`], `0\r\n\r\n${SMUGGLED}`],
    ])('%s: the second request is never answered', async (_, lines, body) => {
      const { replies } = await talk(
        far.from(remote, proxy),
        request('POST /nothing', ['Content-Type: application/json', ...lines], body) +
          request('GET /health', ['Connection: close']),
        { answers: 3 },
      );
      expect(replies.map(({ body: text }) => text).join()).not.toContain('"method":"token"');
    });
  });

  describe('S136: failures', () => {
    beforeEach(() => world.configure(settings('beside')));

    it('count on the client whom the proxy has seen, whatever it says of itself, and on nobody else', async () => {
      for (let i = 0; i < ALLOWED; i += 1) {
        const guess = client(
          { 'X-Forwarded-For': `203.0.113.${i}`, 'X-Real-IP': `203.0.113.${i}` },
          { token: 'wrong' },
        );
        expect((await knock(gateway, DOORS[i % 3]!, guess)).outcome).toBe('token_mismatch');
      }
      expect((await world.failures()).map(({ source }) => source)).toEqual([seen()]);

      for (const door of DOORS) {
        expect((await knock(gateway, door, client({}, { token: HOUSE_TOKEN }))).outcome).toBe('rate_limited');
        expect((await knock(gateway, door, ana())).outcome).toBe('rate_limited');

        const neighbour = {
          dial: local(proxy.port, '127.0.0.3'),
          headers: { host: 'gateway.example.com', cookie: 'session=bob' },
        };
        const reply = await knock(gateway, door, neighbour);
        expect(reply.outcome).toBe('trusted-proxy');
        expect(decisionOf(reply)).toMatchObject({ client: '127.0.0.3', identity: { subject: 'bob@example.com' } });

        expect((await knock(gateway, door, { token: HOUSE_TOKEN })).outcome).not.toBe('rate_limited');
      }
    });
  });
});

it('is tried with what this machine has', () => {
  expect(KINDS.map(({ name }) => name)).toContain('a careless proxy');
});
