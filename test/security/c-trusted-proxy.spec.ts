import { DecisionTrace } from '../../src/auth/decision-trace.js';
import { bearer, HOUSE_TOKEN, type TestGateway, startGateway } from '../helpers/gateway.js';
import { DOORS, knock, type Outcome, type Shown } from '../helpers/knock.js';
import { type Elsewhere, elsewhere } from '../helpers/namespace.js';
import { local, request, talk } from '../helpers/raw-http.js';
import { ELSEWHERE, World } from '../helpers/world.js';
import { closedRoutes } from './routes.js';

/** Two hops of ours, and a client whom neither of them is. */
const PROXY = '127.0.0.9';
const PROXY_2 = '127.0.0.8';
const CLIENT = '198.51.100.4';
const ANA = 'ana@example.com';

const PASSWORD = 'the password of the house';

/** Exclusive unless said otherwise. */
const settings = (trustedProxy: object = {}, auth: object = {}, gateway: object = {}) => ({
  gateway: {
    bind: 'lan',
    trustedProxies: [PROXY, PROXY_2],
    ...gateway,
    auth: { mode: 'trusted-proxy', trustedProxy: { userHeader: 'X-Forwarded-User', ...trustedProxy }, ...auth },
  },
});

/** Beside the house key, which the cases about addresses need. */
const beside = (auth: object = {}, gateway: object = {}) =>
  settings({ enabled: true }, { mode: undefined, token: HOUSE_TOKEN, ...auth }, gateway);

/** No proxy at all. */
const unproxied = (auth: object = {}) => ({ gateway: { bind: 'lan', auth: { token: HOUSE_TOKEN, ...auth } } });

let gateway: TestGateway;
let world: World;
let far: Elsewhere;
let remote: string;

beforeAll(async () => {
  far = await elsewhere();
  [remote] = far.addresses;
  gateway = await startGateway({ config: settings() });
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

const fromRemote = (headers: Shown['headers'], more: Shown = {}): Shown => ({
  ...more,
  dial: far.from(remote, gateway),
  headers: { ...ELSEWHERE, ...headers },
});

const fromProxy = (headers: Shown['headers'], more: Shown = {}): Shown => ({
  from: PROXY,
  ...more,
  headers: { ...ELSEWHERE, 'X-Forwarded-For': CLIENT, ...headers },
});

async function logged(): Promise<string> {
  await world.flushLog();
  return JSON.stringify(gateway.log());
}

const decisionOf = ({ requestId }: Outcome) => world.get(DecisionTrace).find(requestId!)!;

describe.each(DOORS)('%s', (door) => {
  it('a user whom the proxy names comes in, so that the cases below have something to lose', async () => {
    const reply = await knock(gateway, door, fromProxy({ 'X-Forwarded-User': ANA }));

    expect(reply).toMatchObject({ outcome: 'trusted-proxy', scopes: ['operator.read', 'operator.write'] });
    expect(decisionOf(reply)).toMatchObject({ client: CLIENT, peer: PROXY, identity: { subject: ANA } });
  });

  it('S029: a loopback hop that the client made up is neither loopback nor the client', async () => {
    await world.configure(beside());
    const headers = { host: 'localhost', 'X-Forwarded-For': `127.0.0.1, ${CLIENT}` };
    const reply = await knock(gateway, door, fromProxy(headers));
    expect(reply.outcome).toBe('token_missing');
    expect(decisionOf(reply).client).toBe(CLIENT);

    await knock(gateway, door, fromProxy(headers, { token: 'wrong' }));
    expect(await world.failures()).toEqual([expect.objectContaining({ source: CLIENT })]);
  });

  it.each([
    [
      'a range that happens to cover loopback does not count',
      ['127.0.0.0/8'],
      undefined,
      'trusted_proxy_untrusted_source',
    ],
    ['nor does the whole of IPv4', ['0.0.0.0/0'], undefined, 'trusted_proxy_untrusted_source'],
    ['the very address counts, as it is decided', [PROXY], undefined, 'trusted-proxy'],
    ['unless allowLoopback is false', [PROXY], false, 'trusted_proxy_untrusted_source'],
    ['a range counts with allowLoopback true', ['127.0.0.0/8'], true, 'trusted-proxy'],
    ['another address of this machine does not count', ['127.0.0.1'], undefined, 'trusted_proxy_untrusted_source'],
  ])('S030: a local process names a user: %s', async (_, trustedProxies, allowLoopback, outcome) => {
    await world.configure(settings({ allowLoopback }, {}, { trustedProxies }));
    const reply = await knock(gateway, door, fromProxy({ 'X-Forwarded-User': ANA }));
    expect(reply.outcome).toBe(outcome);
  });

  it('S031: somebody who is not the proxy names themselves: refused, and the name is nobody’s in the log', async () => {
    const name = `forged-${door}@example.com`;
    for (const config of [settings(), beside()]) {
      await world.configure(config);
      const reply = await knock(gateway, door, fromRemote({ 'X-Forwarded-User': name }));
      expect(reply.outcome).toBe('trusted_proxy_untrusted_source');
      expect(decisionOf(reply)).toMatchObject({ peer: remote, client: remote, identity: undefined });
    }
    expect(await logged()).not.toContain(name);
  });

  it.each(['X_Forwarded_User', 'X-Forwarded_User', 'X.Forwarded.User'])('S032: %s is no alias', async (alias) => {
    const alone = await knock(gateway, door, fromProxy({ [alias]: 'admin@example.com' }));
    expect(alone.outcome).toBe('trusted_proxy_user_missing');

    const twins = await knock(gateway, door, fromProxy({ [alias]: 'admin@example.com', 'X-Forwarded-User': 'bob' }));
    expect(decisionOf(twins).identity?.subject).toBe('bob');
  });

  it('S034: what a client had stripped on its way is missing, and nothing stands in for it', async () => {
    await world.configure(settings({ requiredHeaders: ['X-Forwarded-Proto'] }, { token: HOUSE_TOKEN }));
    const named = fromProxy({ 'X-Forwarded-User': ANA });
    expect((await knock(gateway, door, named)).outcome).toBe('trusted_proxy_missing_header');
    const proven = fromProxy({ 'X-Forwarded-Proto': 'https' }, { token: HOUSE_TOKEN });
    expect((await knock(gateway, door, proven)).outcome).toBe('trusted_proxy_user_missing');
  });

  it.each([
    ['two hops', `203.0.113.1, 203.0.113.2, ${CLIENT}, ${PROXY}`, CLIENT],
    ['the last hop itself', `203.0.113.1, ${CLIENT}`, CLIENT],
    ['with ports and brackets', `203.0.113.1, [2001:db8::7]:4711, ${PROXY}:80`, '2001:db8::7'],
    ['an IPv4 address within IPv6', `203.0.113.1, ::ffff:${CLIENT}, ${PROXY}`, CLIENT],
    ['what is no address ends the search', `${CLIENT}, unknown, ${PROXY}`, undefined],
    ['nobody but ourselves', `${PROXY}, ${PROXY_2}`, undefined],
    ['nothing at all', '', undefined],
  ])('S035: the client behind %s', async (_, chain, client) => {
    const headers = { 'X-Forwarded-User': ANA, 'X-Forwarded-For': chain };
    const reply = await knock(gateway, door, fromProxy(headers, { from: PROXY_2 }));
    expect(decisionOf(reply).client).toBe(client);
  });

  it('S038: under trusted-proxy the password and the house key are no second way, not even for this machine', async () => {
    await world.configure(settings({}, { password: PASSWORD, token: HOUSE_TOKEN }));
    for (const shown of [{}, { password: PASSWORD }, { token: HOUSE_TOKEN }]) {
      expect((await knock(gateway, door, shown)).outcome).toBe('trusted_proxy_untrusted_source');
    }
  });

  describe('S040: allowUsers', () => {
    const ALLOWED: [list: string[], user: string, outcome: string][] = [
      [[ANA], ANA, 'trusted-proxy'],
      [[ANA], 'Ana@example.com', 'trusted_proxy_user_not_allowed'],
      [[ANA], 'ana@example.com.evil.example', 'trusted_proxy_user_not_allowed'],
      [[ANA], 'xana@example.com', 'trusted_proxy_user_not_allowed'],
      [[ANA], '*', 'trusted_proxy_user_not_allowed'],
      [[ANA], `${ANA}\u00a0`, 'trusted_proxy_user_not_allowed'],
      [[ANA], `${ANA}, root`, 'trusted_proxy_user_missing'],
      [[ANA], '', 'trusted_proxy_user_missing'],
      [['*'], ANA, 'trusted_proxy_user_not_allowed'],
      [['*@example.com'], ANA, 'trusted_proxy_user_not_allowed'],
      [[], ANA, 'trusted_proxy_user_not_allowed'],
      [[], '', 'trusted_proxy_user_missing'],
      [[''], ANA, 'trusted_proxy_user_not_allowed'],
      [[''], '', 'trusted_proxy_user_missing'],
      [[' '], ANA, 'trusted_proxy_user_not_allowed'],
      [[' '], ' ', 'trusted_proxy_user_missing'],
    ];
    it.each(ALLOWED)('%j, and the proxy names "%s": %s', async (allowUsers, user, outcome) => {
      await world.configure(settings({ allowUsers }));
      expect((await knock(gateway, door, fromProxy({ 'X-Forwarded-User': user }))).outcome).toBe(outcome);
    });
  });

  it('S041: what a stranger says of scheme and host decides nothing', async () => {
    await world.configure(beside());
    const forged = {
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'localhost',
      Forwarded: 'for=127.0.0.1;host=localhost;proto=https',
    };
    expect((await knock(gateway, door, fromRemote({ ...forged, host: 'localhost' }))).outcome).toBe('token_missing');
    const origin = await knock(
      gateway,
      door,
      fromRemote(
        { ...forged, 'X-Forwarded-Host': 'evil.example', origin: 'https://evil.example' },
        { token: HOUSE_TOKEN },
      ),
    );
    expect(origin.outcome).toBe('origin_not_allowed');
    const good = await knock(gateway, door, fromRemote(forged, { token: HOUSE_TOKEN }));
    expect(good.outcome).toBe('token');
    expect(good.text).not.toMatch(/strict-transport-security|set-cookie|"location"/i);
  });

  it('S045: forwarding headers of an unlisted peer are nobody’s word: caller, count and log are the peer', async () => {
    await world.configure(unproxied({ loopback: 'deny' }));
    for (const shown of [fromRemote({ 'X-Forwarded-For': CLIENT }), fromProxy({})]) {
      const peer = shown.from ?? remote;
      const good = await knock(gateway, door, { ...shown, token: HOUSE_TOKEN });
      expect(good.outcome).toBe('token');
      expect(decisionOf(good)).toMatchObject({ client: peer, peer });

      const bad = await knock(gateway, door, { ...shown, token: 'wrong' });
      expect(decisionOf(bad)).toMatchObject({ client: peer, peer });
      await world.flushLog();
      expect(gateway.log().find(({ requestId }) => requestId === bad.requestId)).toMatchObject({ clientIp: peer });
    }
    const sources = (await world.failures()).map(({ source }) => source);
    expect(sources.toSorted()).toEqual([PROXY, remote].toSorted());
  });
});

it('S045: a warning names the setting, once under each configuration', async () => {
  const sentence = /gateway\.trustedProxies does not list/g;
  const count = async () => (await logged()).match(sentence)?.length ?? 0;
  await world.configure(unproxied());
  const before = await count();
  for (let i = 0; i < 3; i += 1) await knock(gateway, 'REST', fromRemote({ 'X-Forwarded-For': CLIENT }));
  await knock(gateway, 'REST', fromProxy({}, { token: HOUSE_TOKEN }));

  expect((await count()) - before).toBe(1);
});

it('S035: X-Forwarded-For on several lines is one chain, in their order', async () => {
  const chain = ['X-Forwarded-For: 203.0.113.1', `X-Forwarded-For: ${CLIENT}`, `X-Forwarded-For: ${PROXY}`];
  const lines = ['X-Forwarded-User: ana@example.com', ...chain, 'Connection: close'];
  const { replies } = await talk(local(gateway.port, PROXY), request('GET /api/v1/whoami', lines));

  expect(replies[0]!.status).toBe(200);
  expect(world.get(DecisionTrace).find(replies[0]!.headers['x-request-id']!)).toMatchObject({ client: CLIENT });
});

it('S035: a user said twice is nobody', async () => {
  const lines = ['X-Forwarded-User: ana@example.com', 'X-Forwarded-User: root', 'Connection: close'];
  const { replies } = await talk(local(gateway.port, PROXY), request('GET /api/v1/whoami', lines));
  expect(JSON.parse(replies[0]!.body)).toMatchObject({ error: { code: 'trusted_proxy_user_missing' } });
});

describe('S042: only the real target of a request counts', () => {
  it.each([
    'X-Forwarded-Uri',
    'X-Original-URL',
    'X-Original-Uri',
    'X-Rewrite-URL',
    'X-Forwarded-Prefix',
    'X-Original-Method',
    'X-Forwarded-Method',
  ])('%s opens no route, for the proxy as little as for anybody', async (header) => {
    await world.configure(beside({ loopback: 'deny' }));
    const headers = { [header]: '/health', 'X-Forwarded-Path': '/health' };
    for (const { method, url } of closedRoutes(gateway)) {
      const direct = await gateway.call(url, { method, headers });
      const through = await gateway.call(url, {
        method,
        headers: { ...headers, 'X-Forwarded-For': CLIENT },
        from: PROXY,
      });
      expect([url, direct.status, through.status]).toEqual([url, 401, 401]);
    }
  });
});

it('S041: a good token in the same request is judged by itself', async () => {
  await world.configure(beside());
  const headers = { ...bearer(HOUSE_TOKEN), 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'https' };
  expect((await gateway.call('/api/v1/whoami', { headers, from: '127.0.0.3' })).body.method).toBe('token');
});
