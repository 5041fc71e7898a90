import type { IncomingMessage } from 'node:http';
import { Attempt } from '../../src/auth/attempt.js';
import { Evidence, type Presented, type Surface } from '../../src/auth/evidence.js';
import { TailscaleStrategy } from '../../src/auth/strategies/tailscale.strategy.js';
import type { TailscaleMode } from '../../src/auth/tailscale/tailscale.settings.js';
import { Tailscaled } from '../../src/auth/tailscale/tailscaled.js';
import { Whois } from '../../src/auth/tailscale/whois.js';
import type { Step } from '../../src/auth/trail.js';
import type { Identity } from '../../src/kernel/identity.js';
import { TestClock } from '../helpers/clock.js';
import {
  FakeTailscaled,
  GUEST,
  IPV6_OWNER,
  OWNER,
  SERVER,
  type TailscaleWorld,
  serveHeaders,
  tailscaleConfig,
} from '../helpers/tailscale.js';

let clock: TestClock;
let daemon: FakeTailscaled;
let strategy: TailscaleStrategy;

beforeEach(async () => {
  clock = new TestClock();
  daemon = await FakeTailscaled.start();
  strategy = new TailscaleStrategy(new Whois(new Tailscaled(clock), clock));
});

afterEach(() => daemon.stop());

interface Caller {
  readonly mode?: TailscaleMode;
  readonly surface?: Surface;
  readonly peer?: string;
  readonly headers?: Record<string, string>;
  readonly presented?: Presented;
  readonly auth?: TailscaleWorld['auth'];
}

interface Outcome {
  readonly identity: Identity | null;
  readonly step: Step;
}

const FROM_SERVE = serveHeaders(OWNER);

/** A caller judged by this one method, with the trace that it leaves. */
async function judged(caller: Caller): Promise<Outcome> {
  const { mode = 'enabled', surface = 'http', peer = '127.0.0.1', headers = FROM_SERVE, presented = {}, auth } = caller;
  const request = { socket: { remoteAddress: peer }, headers } as unknown as IncomingMessage;
  const config = tailscaleConfig({ auth, tailscale: { mode, socket: daemon.socket } });
  const attempt = new Attempt(new Evidence(surface, 'request-1', request, presented, config));
  const identity = await strategy.validate(attempt);
  return { identity, step: attempt.steps.at(-1)! };
}

const without = (name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(FROM_SERVE).filter(([key]) => key !== name));

describe('people of the tailnet', () => {
  it('come in by the name that the daemon knows, as no admin', async () => {
    const { identity } = await judged({});

    expect(identity).toMatchObject({
      method: 'tailscale',
      subject: OWNER.login,
      user: OWNER.login,
      role: 'operator',
      scopes: ['operator.read', 'operator.write'],
      credential: `tailscale:${OWNER.login}`,
    });
  });

  it('get the scopes that the configuration gives them', async () => {
    const auth = { identityScopes: { [OWNER.login]: ['operator.admin' as const], '*': ['operator.read' as const] } };
    const owner = await judged({ auth });
    const guest = await judged({ auth, headers: serveHeaders(GUEST) });

    expect(owner.identity?.scopes).toEqual(['operator.admin']);
    expect(guest.identity?.scopes).toEqual(['operator.read']);
  });

  it.each([
    ['IPv6', serveHeaders(IPV6_OWNER), '127.0.0.1'],
    ['a login in other letters', serveHeaders({ ...OWNER, login: ' Owner@EXAMPLE.com ' }), '127.0.0.1'],
    ['Serve on ::1', FROM_SERVE, '::1'],
    ['Serve on a mapped loopback address', FROM_SERVE, '::ffff:127.0.0.1'],
  ])('%s', async (_what, headers, peer) => {
    const { identity } = await judged({ headers, peer });

    expect(identity?.subject).toBe(OWNER.login);
  });

  it('with a name beyond ASCII, which Serve encodes', async () => {
    daemon.peers.set('100.64.0.30', { login: 'Jürgen@example.com' });
    const headers = serveHeaders({ address: '100.64.0.30', login: '=?utf-8?q?J=C3=BCrgen=40example.com?=' });

    expect((await judged({ headers })).identity?.subject).toBe('jürgen@example.com');
  });
});

describe('who is not taken', () => {
  it.each([
    ["somebody else's name", serveHeaders({ ...GUEST, login: OWNER.login }), 'tailscale_user_mismatch'],
    ['two names', serveHeaders({ ...OWNER, login: `${OWNER.login}, ${GUEST.login}` }), 'tailscale_user_mismatch'],
    ['a tagged machine', serveHeaders(SERVER), 'tailscale_whois_failed'],
    ['an address outside of the tailnet', serveHeaders({ ...OWNER, address: '203.0.113.9' }), 'tailscale_whois_failed'],
    ['no address', serveHeaders({ ...OWNER, address: 'unknown' }), 'tailscale_proxy_missing'],
  ])('%s', async (_what, headers, code) => {
    const { identity, step } = await judged({ headers });

    expect(identity).toBeNull();
    expect(step).toMatchObject({ verdict: 'not mine', code });
  });

  it('whoever shows no name is not asked about', async () => {
    const { step } = await judged({ headers: without('tailscale-user-login') });

    expect(step.verdict).toBe('not presented');
  });

  it('a daemon out of order is no verdict: the chain cannot end in a plain no', async () => {
    daemon.health = 'broken';
    const { identity, step } = await judged({});

    expect(identity).toBeNull();
    expect(step).toMatchObject({ verdict: 'could not decide', code: 'auth_unavailable' });
  });
});

describe('security cases', () => {
  it('S047: plain serve takes a name on WebSocket and never on HTTP', async () => {
    const http = await judged({ mode: 'serve', surface: 'http' });
    const websocket = await judged({ mode: 'serve', surface: 'websocket' });

    expect(http).toMatchObject({ identity: null, step: { verdict: 'not presented' } });
    expect(websocket.identity?.subject).toBe(OWNER.login);
  });

  it.each(['enabled', 'require'] as const)('S047: %s takes it on both', async (mode) => {
    const http = await judged({ mode, surface: 'http' });
    const websocket = await judged({ mode, surface: 'websocket' });

    expect([http.identity?.subject, websocket.identity?.subject]).toEqual([OWNER.login, OWNER.login]);
  });

  it.each(['192.0.2.10', '100.64.0.7', '10.0.0.1', '2001:db8::1'])(
    'S048: the header from %s proves nothing',
    async (peer) => {
      const { identity, step } = await judged({ peer });

      expect(identity).toBeNull();
      expect(step).toMatchObject({ verdict: 'not mine', code: 'tailscale_proxy_missing' });
      expect(daemon.questions).toEqual([]);
    },
  );

  it.each(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'])(
    'S050: without %s it is not Serve',
    async (name) => {
      for (const headers of [without(name), { ...FROM_SERVE, [name]: ' ' }]) {
        const { identity, step } = await judged({ headers });

        expect(identity).toBeNull();
        expect(step).toMatchObject({ verdict: 'not mine', code: 'tailscale_proxy_missing' });
        expect(step.reason).toContain(name);
      }
      expect(daemon.questions).toEqual([]);
    },
  );

  it('S051: a caller through Serve is who the daemon says, whatever the Host', async () => {
    for (const host of ['gateway.example.ts.net', 'localhost']) {
      const { identity } = await judged({ headers: serveHeaders(GUEST, host) });

      expect(identity).toMatchObject({ method: 'tailscale', subject: GUEST.login });
    }
  });

  it.each([
    ['a hop of the caller before ours', { 'x-forwarded-for': `${OWNER.address}, ${GUEST.address}` }],
    ['a hop behind ours', { 'x-forwarded-for': `${OWNER.address}, 127.0.0.1` }],
    ['the mark of nginx', { 'x-real-ip': '203.0.113.9' }],
    ['the standard header', { forwarded: 'for=203.0.113.9' }],
    ['the mark of another proxy', { via: '1.1 proxy' }],
    ['the mark of Funnel', { 'tailscale-funnel-request': '?1' }],
  ])('S054: with %s it is not Serve', async (_what, more) => {
    const { identity, step } = await judged({ headers: { ...FROM_SERVE, ...more } });

    expect(identity).toBeNull();
    expect(step).toMatchObject({ verdict: 'not mine', code: 'tailscale_proxy_missing' });
    expect(daemon.questions).toEqual([]);
  });

  it('S054: Serve-like headers with a made-up address are found out by whois', async () => {
    const { step } = await judged({ headers: serveHeaders({ address: '100.64.9.9', login: OWNER.login }) });

    expect(step.code).toBe('tailscale_whois_failed');
    expect(daemon.questions).toHaveLength(1);
  });

  it('S055: disabled, off and funnel do not have this method', () => {
    const configured = (mode: TailscaleMode): boolean =>
      strategy.isConfigured(tailscaleConfig({ tailscale: { mode } }));

    expect((['disabled', 'off', 'funnel'] as const).filter(configured)).toEqual([]);
    expect((['serve', 'enabled', 'require'] as const).filter(configured)).toEqual(['serve', 'enabled', 'require']);
  });

  it.each(['disabled', 'off', 'funnel'] as const)('S055: a good name under %s is not looked at', async (mode) => {
    for (const surface of ['http', 'websocket'] as const) {
      expect(await judged({ mode, surface })).toMatchObject({ identity: null, step: { verdict: 'not presented' } });
    }
    expect(daemon.questions).toEqual([]);
  });

  it('S055: under require, a secret without a name is told what is missing', async () => {
    const { identity, step } = await judged({
      mode: 'require',
      headers: { host: 'localhost' },
      presented: { token: 'a-good-static-token' },
    });

    expect(identity).toBeNull();
    expect(step).toMatchObject({ verdict: 'not mine', code: 'tailscale_user_missing' });
  });
});
