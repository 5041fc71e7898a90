import { hashSync } from '@node-rs/argon2';
import { Controller, Get, Module } from '@nestjs/common';
import { PublicGreeting } from '../../src/auth/decorators.js';
import { bearer, HOUSE_TOKEN, type TestGateway, startGateway } from '../helpers/gateway.js';
import { DOORS, knock, type Shown } from '../helpers/knock.js';
import { type Elsewhere, elsewhere, GivenOut } from '../helpers/namespace.js';
import { ELSEWHERE, unknownToken, World } from '../helpers/world.js';
import { DIALECTS, WsClient } from '../helpers/ws-client.js';
import { closedRoutes, PUBLIC_PATHS } from './routes.js';

const ALLOWED = 20;
const PASSWORD = 'the password of the house';
const PROXY = '127.0.0.9';

/** A public route that greets, and always fails after the caller was judged. */
@Controller('unlucky')
class UnluckyController {
  @Get()
  @PublicGreeting()
  fail(): never {
    throw new Error('the transaction is rolled back');
  }
}

@Module({ controllers: [UnluckyController] })
class UnluckyModule {}

let gateway: TestGateway;
let world: World;
let far: Elsewhere;

const settings = (auth: object = {}) => ({
  gateway: { bind: 'lan', trustedProxies: [PROXY], auth: { token: HOUSE_TOKEN, password: PASSWORD, ...auth } },
});

beforeAll(async () => {
  far = await elsewhere();
  gateway = await startGateway({ config: settings(), database: 'embedded', modules: [UnluckyModule] });
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

const remote = (shown: Shown = {}, which: 0 | 1 = 0): Shown => ({
  token: 'wrong',
  dial: far.from(far.addresses[which], gateway),
  ...shown,
  headers: { ...ELSEWHERE, ...shown.headers },
});

async function outcomes(times: number, shown: (i: number) => Shown): Promise<string[]> {
  const all: string[] = [];
  for (let i = 0; i < times; i += 1) all.push((await knock(gateway, DOORS[i % 3]!, shown(i))).outcome);
  return all;
}

const times = (count: number, outcome: string): string[] => Array<string>(count).fill(outcome);

describe('S126: twenty wrong tokens from one address', () => {
  it('are wrong, the next is too many, at every door; another address is unharmed; after the wait all is well', async () => {
    expect(await outcomes(ALLOWED, () => remote())).toEqual(times(ALLOWED, 'token_mismatch'));

    for (const door of DOORS) {
      for (const token of ['wrong', HOUSE_TOKEN]) {
        const reply = await knock(gateway, door, remote({ token }));
        expect(reply).toMatchObject({ status: 429, outcome: 'rate_limited' });
        expect(reply.retryAfterMs! / 1000).toBeGreaterThanOrEqual(1);
        expect(reply.retryAfterMs! / 1000).toBeLessThanOrEqual(60);
        expect(JSON.parse(/^\{.*?\}\}/.exec(reply.text)![0])).toMatchObject({
          error: {
            message: 'Too many failed authentication attempts. Please try again later.',
            type: 'rate_limited',
          },
        });
      }
      const there = { from: '127.0.0.6', token: HOUSE_TOKEN, headers: ELSEWHERE };
      expect((await knock(gateway, door, there)).outcome).toBe('token');
    }

    gateway.clock.advance(60_000);
    for (const door of DOORS)
      expect((await knock(gateway, door, remote({ token: HOUSE_TOKEN }))).outcome).toBe('token');
  });
});

describe('S127: one address, however it is written', () => {
  const SPELLINGS = [
    '1.2.3.4',
    '::ffff:1.2.3.4',
    '::ffff:102:304',
    '::FFFF:0102:0304',
    '0:0:0:0:0:ffff:1.2.3.4',
    '0000:0000:0000:0000:0000:ffff:0102:0304',
    '1.2.3.4:4711',
    '[::ffff:1.2.3.4]:80',
  ];

  it('by a proxy', async () => {
    const seen = (i: number): Shown => ({
      token: 'wrong',
      from: PROXY,
      headers: { ...ELSEWHERE, 'x-forwarded-for': SPELLINGS[i % SPELLINGS.length]! },
    });
    expect(await outcomes(ALLOWED, seen)).toEqual(times(ALLOWED, 'token_mismatch'));
    expect(await outcomes(SPELLINGS.length, seen)).toEqual(times(SPELLINGS.length, 'rate_limited'));
    expect((await world.failures()).map(({ source }) => source)).toEqual(['1.2.3.4']);
  });

  it('by the sockets of a listener that has both families', async () => {
    const [four, six] = [new GivenOut('1.2.3.4', gateway.app), new GivenOut('::ffff:1.2.3.4', gateway.app)];
    const socket = (i: number): Shown => remote({ dial: (i % 2 === 0 ? four : six).dial });
    expect(await outcomes(ALLOWED, socket)).toEqual(times(ALLOWED, 'token_mismatch'));
    expect(await outcomes(4, socket)).toEqual(times(4, 'rate_limited'));
    four.close();
    six.close();
  });
});

describe('S130: a second credential is no cover', () => {
  it.each(DIALECTS)('each guess beside a made-up device token: $name', async (speech) => {
    const guess = () => ({ auth: { token: unknownToken(), deviceToken: unknownToken() } });
    for (let i = 0; i < ALLOWED / 2; i += 1) {
      const client = await WsClient.open(gateway, { headers: ELSEWHERE });
      const answer = await client.ask(speech.call(1, 'connect', guess()));
      expect(speech.failure(answer).details.authReason).toMatch(/mismatch$/);
      await client.closed;
    }
    // Two secrets each: ten attempts are twenty.
    expect((await WsClient.refusal(gateway, { headers: ELSEWHERE })).status).toBe(429);
  });

  it('over REST two different ones are not even looked at', async () => {
    const headers = { ...ELSEWHERE, ...bearer(unknownToken()), 'x-openclaw-token': unknownToken() };
    expect((await gateway.get('/api/v1/whoami', headers)).status).toBe(400);
  });
});

describe('S131: two hundred at once', () => {
  it('of which no more are judged than may fail, though judging takes its time', async () => {
    // A memory-hard hash, two at a time: the slow verifier.
    const hash = hashSync('another password, and a long one', { memoryCost: 19_456, timeCost: 2 });
    await world.configure(settings({ token: undefined, password: hash }));
    const replies = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        knock(gateway, DOORS[i % 3]!, remote({ token: undefined, password: `wrong ${i}` })),
      ),
    );
    const count = (outcome: string) => replies.filter((reply) => reply.outcome === outcome).length;

    expect(count('password_mismatch')).toBe(ALLOWED);
    expect(count('password_mismatch') + count('rate_limited') + count('too_many_connections')).toBe(200);
    expect((await knock(gateway, 'REST', remote({ token: undefined, password: 'wrong' }))).outcome).toBe(
      'rate_limited',
    );
  });
});

it('S133: seven wrong bearers, seven at connect and seven passwords are twenty-one', async () => {
  const shows: Shown[] = [
    ...times(7, 'x').map(() => remote()),
    ...times(7, 'x').map(() => remote()),
    ...times(7, 'x').map(() => remote({ token: undefined, password: 'wrong' })),
  ];
  const doors = [...times(7, 'REST'), ...times(7, 'native'), ...times(7, 'JSON-RPC')] as (typeof DOORS)[number][];
  const all: string[] = [];
  for (const [i, shown] of shows.entries()) all.push((await knock(gateway, doors[i]!, shown)).outcome);

  expect(all.slice(0, ALLOWED).every((outcome) => outcome.endsWith('_mismatch'))).toBe(true);
  expect(all.at(-1)).toBe('rate_limited');
});

it('S134: a hundred harmless requests of each kind are none', async () => {
  const dial = far.from(far.addresses[0], gateway);
  for (let i = 0; i < 100; i += 1) {
    await knock(gateway, DOORS[i % 3]!, remote({ token: undefined }));
    await gateway.call('/api/v1/whoami', {
      method: 'OPTIONS',
      dial,
      headers: { ...ELSEWHERE, origin: 'https://evil.example' },
    });
    await gateway.call(i % 2 === 0 ? '/nothing' : PUBLIC_PATHS[i % 4]!, { dial, headers: ELSEWHERE });
    await gateway.call('/api/v1/whoami', { dial, headers: { ...ELSEWHERE, authorization: 'Basic eDp5' } });
  }
  expect(await world.failures()).toEqual([]);
  for (const door of DOORS) expect((await knock(gateway, door, remote({ token: HOUSE_TOKEN }))).outcome).toBe('token');
});

describe('S136: a forged X-Forwarded-For', () => {
  it('is no other address for a stranger', async () => {
    const forged = (i: number) =>
      remote({
        headers: {
          'X-Forwarded-For': `203.0.113.${i}`,
          'X-Real-IP': `203.0.113.${i}`,
          Forwarded: `for=203.0.113.${i}`,
        },
      });
    expect(await outcomes(ALLOWED, forged)).toEqual(times(ALLOWED, 'token_mismatch'));
    expect(await outcomes(6, (i) => forged(100 + i))).toEqual(times(6, 'rate_limited'));
    expect((await world.failures()).map(({ source }) => source)).toEqual([far.addresses[0]]);
  });

  it('behind the proxy counts on what the proxy has seen, and never on the proxy', async () => {
    const behind = (seen: string, token = 'wrong'): Shown => ({
      token,
      from: PROXY,
      headers: { ...ELSEWHERE, 'X-Forwarded-For': seen },
    });
    expect(await outcomes(ALLOWED, (i) => behind(`203.0.113.${i}, 198.51.100.4`))).toEqual(
      times(ALLOWED, 'token_mismatch'),
    );
    expect(await outcomes(3, () => behind('198.51.100.4', HOUSE_TOKEN))).toEqual(times(3, 'rate_limited'));
    expect(await outcomes(3, () => behind('198.51.100.5', HOUSE_TOKEN))).toEqual(times(3, 'token'));
    expect((await world.failures()).map(({ source }) => source)).toEqual(['198.51.100.4']);
  });
});

describe('S138: this machine itself', () => {
  it.each([
    ['without an Origin', {}],
    ['with its own', { origin: 'own' }],
  ])('is limited when it has to show something, %s', async (_, headers) => {
    await world.configure(settings({ loopback: 'deny', mode: 'password' }));
    const shown: Shown = { password: 'wrong', headers: 'origin' in headers ? { origin: gateway.url } : {} };
    expect(await outcomes(ALLOWED, () => shown)).toEqual(times(ALLOWED, 'password_mismatch'));
    expect(await outcomes(3, () => ({ ...shown, password: PASSWORD }))).toEqual(times(3, 'rate_limited'));
  });

  it('as a page of another site is not even looked at', async () => {
    await world.configure(settings({ loopback: 'deny' }));
    const page: Shown = { password: PASSWORD, headers: { origin: 'https://evil.example' } };
    expect(await outcomes(30, () => page)).toEqual(times(30, 'origin_not_allowed'));
    expect(await world.failures()).toEqual([]);
  });
});

it('S140: a failure stays counted though the request itself ends in an error', async () => {
  const headers = { ...ELSEWHERE, ...bearer('wrong') };
  for (let i = 0; i < ALLOWED; i += 1) expect((await gateway.get('/unlucky', headers)).status).toBe(500);

  const right = { ...ELSEWHERE, ...bearer(HOUSE_TOKEN) };
  expect((await gateway.get('/api/v1/whoami', right)).status).toBe(429);
});

it('S141: around the edge of a window there is no second budget', async () => {
  expect(await outcomes(10, () => remote())).toEqual(times(10, 'token_mismatch'));
  gateway.clock.advance(59_000);
  expect(await outcomes(10, () => remote())).toEqual(times(10, 'token_mismatch'));
  gateway.clock.advance(2000);
  // The first ten are forgotten at most for those who were not locked by then.
  expect(await outcomes(20, () => remote())).toEqual(times(20, 'rate_limited'));
  await world.forgive();

  expect(await outcomes(10, () => remote())).toEqual(times(10, 'token_mismatch'));
  gateway.clock.advance(59_000);
  expect(await outcomes(9, () => remote())).toEqual(times(9, 'token_mismatch'));
  gateway.clock.advance(2000);
  const after = await outcomes(20, () => remote());
  expect(after).toEqual([...times(11, 'token_mismatch'), ...times(9, 'rate_limited')]);
});

describe('S142: every other place where a secret may be shown', () => {
  it.each(['X-OpenClaw-Token', 'X-Doorward-Token'])('the header %s', async (name) => {
    const guess = (token: string) => gateway.get('/api/v1/whoami', { ...ELSEWHERE, [name]: token });
    for (let i = 0; i < ALLOWED; i += 1) expect((await guess(unknownToken())).status).toBe(401);
    expect((await guess(HOUSE_TOKEN)).status).toBe(429);
  });

  it.each(['X-OpenClaw-Token', 'X-Doorward-Token', 'Authorization'])('%s of an upgrade', async (name) => {
    const upgrade = { headers: { ...ELSEWHERE, [name]: name === 'Authorization' ? 'Bearer wrong' : 'wrong' } };
    for (let i = 0; i < ALLOWED; i += 1) {
      const client = await WsClient.open(gateway, upgrade);
      client.send(DIALECTS[i % 2]!.call(1, 'connect', {}));
      expect((await client.closed).code).toBe(1008);
    }
    expect((await WsClient.refusal(gateway, upgrade)).status).toBe(429);
  });

  it('a probe that greets whom it knows', async () => {
    const guess = (token: string) => gateway.get('/ready', { ...ELSEWHERE, ...bearer(token) });
    for (let i = 0; i < ALLOWED; i += 1) expect((await guess('wrong')).body).toEqual({ ready: true });
    // It lives for everybody; whom it would know, it does not say any more.
    expect((await guess(HOUSE_TOKEN)).body).toEqual({ ready: true });
    await world.forgive();
    expect((await guess(HOUSE_TOKEN)).body).toMatchObject({ ready: true, failing: [] });
  });

  it('any route, with any method: none is a place to go on guessing', async () => {
    const routes = closedRoutes(gateway).filter(({ path }) => path !== '/unlucky');
    const statuses = new Set<number>();
    for (let i = 0; i < ALLOWED; i += 1) {
      const { method, url } = routes[i % routes.length]!;
      statuses.add((await gateway.call(url, { method, headers: { ...ELSEWHERE, ...bearer('wrong') } })).status);
    }
    expect([...statuses]).toEqual([401]);
    for (const { method, url } of routes) {
      const reply = await gateway.call(url, { method, headers: { ...ELSEWHERE, ...bearer(HOUSE_TOKEN) } });
      expect([url, reply.status]).toEqual([url, 429]);
    }
  });
});

describe('S143: the lock and the key to it go by one name', () => {
  it('whatever user a guesser names, in whatever letters, the address is what counts', async () => {
    const names = ['ana', 'Ana', 'ANA ', 'bob', ''];
    const named = (i: number) => remote({ headers: { 'X-Forwarded-User': names[i % 5]!, 'X-User': names[i % 5]! } });
    expect(await outcomes(ALLOWED, named)).toEqual(times(ALLOWED, 'token_mismatch'));
    expect(await outcomes(5, named)).toEqual(times(5, 'rate_limited'));
  });

  it('an operator forgives an address by any of its spellings', async () => {
    const seen = (): Shown => ({
      token: 'wrong',
      from: PROXY,
      headers: { ...ELSEWHERE, 'x-forwarded-for': '1.2.3.4' },
    });
    for (const spelling of ['1.2.3.4', '::ffff:1.2.3.4', '::FFFF:102:304', '%5B::ffff:1.2.3.4%5D']) {
      await outcomes(ALLOWED, seen);
      expect((await knock(gateway, 'REST', seen())).outcome).toBe('rate_limited');
      const path = `/api/v1/rate-limits/${spelling}`;
      expect(
        (await gateway.call(path, { method: 'DELETE', headers: bearer(HOUSE_TOKEN), from: '127.0.0.4' })).status,
      ).toBe(204);
      expect((await knock(gateway, 'REST', seen())).outcome).toBe('token_mismatch');
      await world.forgive();
    }
  });
});
