import { DecisionTrace } from '../../src/auth/decision-trace.js';
import { HOUSE_TOKEN, type TestGateway, startGateway } from '../helpers/gateway.js';
import { DOORS, knock } from '../helpers/knock.js';
import { type Elsewhere, elsewhere } from '../helpers/namespace.js';
import { FakeTailscaled, GUEST, MAGIC_NAME, OWNER, SERVER, serveHeaders } from '../helpers/tailscale.js';
import { World } from '../helpers/world.js';
import { closedRoutes } from './routes.js';

let tailscaled: FakeTailscaled;
let gateway: TestGateway;
let world: World;
let far: Elsewhere;

/** The bypass is on: whoever comes through Serve comes from loopback, and must not be taken for this machine. */
const settings = (mode: string, auth: object = {}) => ({
  gateway: {
    bind: 'lan',
    tailscale: { mode, socket: tailscaled.socket },
    auth: { token: HOUSE_TOKEN, ...auth },
  },
});

beforeAll(async () => {
  far = await elsewhere();
  tailscaled = await FakeTailscaled.start();
  gateway = await startGateway({ config: settings('enabled') });
  world = new World(gateway);
});
afterAll(async () => {
  await gateway.close();
  await tailscaled.stop();
  await far.close();
});
afterEach(async () => {
  await world.forgive();
  await world.configure(settings('enabled'));
});

const SERVE = serveHeaders(OWNER);
const without = (name: string) => Object.fromEntries(Object.entries(SERVE).filter(([key]) => key !== name));

it.each(DOORS)(
  '%s: a name of the tailnet comes in through Serve, so that the cases below have something to lose',
  async (door) => {
    const reply = await knock(gateway, door, { headers: SERVE });

    expect(reply).toMatchObject({ outcome: 'tailscale', scopes: ['operator.read', 'operator.write'] });
    expect(world.get(DecisionTrace).find(reply.requestId!)).toMatchObject({ identity: { subject: OWNER.login } });
  },
);

describe('S047: a name opens WebSockets, and no route of HTTP unless that was asked for', () => {
  beforeEach(() => world.configure(settings('off', { allowTailscale: true })));

  it('no route of HTTP', async () => {
    for (const { method, url } of closedRoutes(gateway)) {
      expect([url, (await gateway.call(url, { method, headers: SERVE })).status]).toEqual([url, 401]);
    }
  });

  it.each(['JSON-RPC', 'native'] as const)('a WebSocket: %s', async (door) => {
    expect((await knock(gateway, door, { headers: SERVE })).outcome).toBe('tailscale');
  });
});

describe.each(DOORS)('%s', (door) => {
  it('S048: from elsewhere the headers are nobody’s word, even of a true name and address', async () => {
    for (const address of [far.own, ...far.addresses]) {
      const dial = far.from(address, gateway);
      expect((await knock(gateway, door, { dial, headers: SERVE })).outcome).toBe('tailscale_proxy_missing');
      expect((await knock(gateway, door, { dial, headers: SERVE, token: HOUSE_TOKEN })).outcome).toBe('token');
    }
  });

  it.each(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'])(
    'S050: without %s it is not Serve',
    async (name) => {
      expect((await knock(gateway, door, { headers: without(name) })).outcome).toBe('tailscale_proxy_missing');
    },
  );

  it.each([MAGIC_NAME, 'localhost', '127.0.0.1:18789'])(
    'S051: under the name %s nobody of the tailnet passes for this machine',
    async (host) => {
      const anonymous = {
        'x-forwarded-for': '100.64.0.66',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': host,
        host,
      };
      const reply = await knock(gateway, door, { headers: anonymous });
      expect(reply.outcome).toBe('token_missing');
      expect(world.get(DecisionTrace).find(reply.requestId!)!.steps).toContainEqual(
        expect.objectContaining({ method: 'loopback', verdict: 'not mine' }),
      );
      const named = await knock(gateway, door, { headers: { ...anonymous, 'tailscale-user-login': OWNER.login } });
      expect(named.outcome).toBe('tailscale_whois_failed');
    },
  );

  it.each([
    ['an address that is somebody else’s', { 'x-forwarded-for': GUEST.address }, 'tailscale_user_mismatch'],
    ['an address that is nobody’s', { 'x-forwarded-for': '100.64.0.99' }, 'tailscale_whois_failed'],
    ['the address of a machine', { 'x-forwarded-for': SERVER.address }, 'tailscale_whois_failed'],
    ['two addresses', { 'x-forwarded-for': `${OWNER.address}, 100.64.0.99` }, 'tailscale_proxy_missing'],
    ['the mark of another proxy', { via: '1.1 proxy' }, 'tailscale_proxy_missing'],
    ['the mark of Funnel', { 'tailscale-funnel-request': '?1' }, 'tailscale_proxy_missing'],
    ['a loopback address', { 'x-forwarded-for': '127.0.0.1' }, 'tailscale_whois_failed'],
  ])('S054: a local process that plays Serve with %s is found out', async (_, headers, outcome) => {
    expect((await knock(gateway, door, { headers: { ...SERVE, ...headers } })).outcome).toBe(outcome);
  });

  it.each(['disabled', 'off'])('S055: under "%s" a good name means nothing', async (mode) => {
    await world.configure(settings(mode));
    expect((await knock(gateway, door, { headers: SERVE })).outcome).toBe('token_missing');
  });

  it('S055: under "require" a right token, the password and this machine itself are no way in', async () => {
    await world.configure(settings('require', { password: 'the password of the house' }));
    for (const shown of [{ token: HOUSE_TOKEN }, { password: 'the password of the house' }, {}]) {
      expect((await knock(gateway, door, shown)).outcome).toBe('tailscale_user_missing');
    }
    expect((await knock(gateway, door, { headers: SERVE })).outcome).toBe('tailscale');
    expect((await knock(gateway, door, { headers: SERVE, token: 'wrong' })).outcome).toBe('tailscale');
  });
});
