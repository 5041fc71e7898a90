import { bearer, HOUSE_TOKEN, type TestGateway, startGateway } from '../helpers/gateway.js';
import { DOORS, knock, type Shown } from '../helpers/knock.js';
import { ELSEWHERE, unknownToken, World } from '../helpers/world.js';
import { connected, DIALECTS, NATIVE, WsClient } from '../helpers/ws-client.js';

const PASSWORD = 'the password of the house';
/** Trusted: what it says about the client is believed. */
const PROXY = '127.0.0.9';
const ALLOWED = 20;
const WINDOW_MS = 60_000;

let gateway: TestGateway;
let world: World;

const settings = (rateLimit?: object) => ({
  gateway: { trustedProxies: [PROXY], auth: { token: HOUSE_TOKEN, password: PASSWORD, rateLimit } },
});

beforeAll(async () => {
  gateway = await startGateway({ config: settings(), database: 'embedded' });
  world = new World(gateway);
});
afterAll(() => gateway.close());
afterEach(() => world.forgive());

const wrong = (more: Shown = {}): Shown => ({ token: 'wrong', ...more, headers: { ...ELSEWHERE, ...more.headers } });
const right = (more: Shown = {}): Shown => ({ ...wrong(more), token: HOUSE_TOKEN });

/** Somebody behind the proxy; `seen` is what the proxy says of them. */
const behindProxy = (seen: string): Shown => ({ from: PROXY, headers: { 'x-forwarded-for': seen } });

async function fail(times: number, shown: Shown = wrong()): Promise<(number | string)[]> {
  const outcomes: (number | string)[] = [];
  for (let i = 0; i < times; i += 1) outcomes.push((await knock(gateway, DOORS[i % 3]!, shown)).outcome);
  return outcomes;
}

const isWrong = (count: number): string[] => Array<string>(count).fill('token_mismatch');

describe('S126: twenty wrong credentials in a minute', () => {
  it('are answered 401, and the next one 429 with the seconds that are left', async () => {
    for (let i = 1; i <= ALLOWED; i += 1) {
      expect([i, (await gateway.get('/api/v1/whoami', { ...ELSEWHERE, ...bearer('wrong') })).status]).toEqual([i, 401]);
    }
    gateway.clock.advance(1500);
    const reply = await gateway.get('/api/v1/whoami', { ...ELSEWHERE, ...bearer('wrong') });

    expect(reply.status).toBe(429);
    expect(reply.headers['retry-after']).toBe('59');
    expect(reply.headers['www-authenticate']).toBeUndefined();
    expect(reply.body).toEqual({
      error: {
        message: 'Too many failed authentication attempts. Please try again later.',
        type: 'rate_limited',
        code: 'rate_limited',
        requestId: reply.headers['x-request-id'],
      },
    });
  });

  it('S133: are counted together over REST and both dialects, and over token, password and device token', async () => {
    const secrets = [
      { token: 'wrong' },
      { token: undefined, password: 'wrong' },
      { token: undefined, deviceToken: 'wrong' },
    ];
    for (let i = 0; i < ALLOWED; i += 1) {
      const reply = await knock(gateway, DOORS[i % 3]!, wrong(secrets[Math.floor(i / 3) % 3]));
      expect([i, reply.outcome]).toEqual([i, expect.stringMatching(/_mismatch$/)]);
    }
    for (const door of DOORS)
      expect(await knock(gateway, door, wrong())).toMatchObject({ status: 429, outcome: 'rate_limited' });
  });

  it('the twentieth is answered as wrong on a WebSocket, and the upgrade after it not at all', async () => {
    expect(await fail(ALLOWED)).toEqual(isWrong(ALLOWED));
    const reply = await knock(gateway, 'native', wrong());

    // As with REST: the upgrade itself is refused, with the same body and header.
    expect(reply).toMatchObject({ status: 429, outcome: 'rate_limited' });
    expect(reply.retryAfterMs).toBeGreaterThanOrEqual(1000);
    expect(reply.retryAfterMs).toBeLessThanOrEqual(WINDOW_MS);
    expect(JSON.parse(reply.text.slice(0, reply.text.indexOf('}}') + 2))).toMatchObject({
      error: { type: 'rate_limited' },
    });
  });

  it.each(DIALECTS)('a socket that was open before is refused at its connect: $name', async (speech) => {
    const client = await WsClient.open(gateway, { headers: ELSEWHERE });
    await fail(ALLOWED);
    const answer = await client.ask(speech.call(1, 'connect', { auth: { token: HOUSE_TOKEN } }));

    expect(speech.failure(answer)).toMatchObject({
      code: 'INVALID_REQUEST',
      retryable: true,
      retryAfterMs: WINDOW_MS,
      details: { code: 'AUTH_RATE_LIMITED', authReason: 'rate_limited', recommendedNextStep: 'wait_then_retry' },
      ...(speech.name === 'json-rpc' && { rpcCode: -32029 }),
    });
    expect(await client.closed).toMatchObject({ code: 1008, reason: expect.stringMatching(/^unauthorized/) });
  });

  it('then a right credential is refused as well, at every door; each kind of it', async () => {
    const { token } = await world.person();
    const { token: device } = await world.device();
    await fail(ALLOWED);

    for (const door of DOORS) {
      for (const shown of [right(), { token }, { token: device }, { password: PASSWORD }, {}]) {
        expect(await knock(gateway, door, shown)).toMatchObject({ status: 429, outcome: 'rate_limited' });
      }
    }
  });

  it('S126: nobody else is concerned', async () => {
    await fail(ALLOWED + 1);

    for (const door of DOORS) {
      expect(await knock(gateway, door, right({ from: '127.0.0.2' }))).toMatchObject({ outcome: 'token' });
      expect(await knock(gateway, door, wrong({ from: '127.0.0.2' }))).toMatchObject({ outcome: 'token_mismatch' });
    }
  });

  it('an open socket of the same address goes on', async () => {
    const { client } = await connected(gateway, NATIVE, { auth: { token: HOUSE_TOKEN } }, { headers: ELSEWHERE });
    await fail(ALLOWED + 1);

    expect(NATIVE.result(await client.ask(NATIVE.call(2, 'health')))).toMatchObject({ ok: true });
    client.close();
  });

  it('S126: after the time that was named, and no earlier, all is as before', async () => {
    await fail(ALLOWED);
    gateway.clock.advance(WINDOW_MS - 1);
    expect(await knock(gateway, 'REST', right())).toMatchObject({ status: 429, retryAfterMs: 1000 });
    gateway.clock.advance(1);

    expect(await knock(gateway, 'REST', right())).toMatchObject({ outcome: 'token' });
    expect(await fail(ALLOWED)).toEqual(isWrong(ALLOWED));
    expect(await knock(gateway, 'REST', right())).toMatchObject({ status: 429 });
  });

  it('S141: the window slides: ten before its edge and ten after it are twenty', async () => {
    await fail(10);
    gateway.clock.advance(WINDOW_MS - 1000);
    expect(await fail(9)).toEqual(isWrong(9));
    gateway.clock.advance(1000);
    expect(await fail(11)).toEqual(isWrong(11));

    expect(await knock(gateway, 'REST', right())).toMatchObject({ status: 429 });
  });

  it('S131: of two hundred wrong ones at once, no more than twenty are looked at', async () => {
    const replies = await Promise.all(
      Array.from({ length: 200 }, (_, i) => gateway.get('/api/v1/whoami', { ...ELSEWHERE, ...bearer(`wrong ${i}`) })),
    );
    const statuses = replies.map(({ status }) => status);

    expect(statuses.filter((status) => status === 401)).toHaveLength(ALLOWED);
    expect(statuses.filter((status) => status === 429)).toHaveLength(200 - ALLOWED);
  });

  it('are as many as the configuration says, and the lock as long, from the next request on', async () => {
    await world.configure(settings({ maxAttempts: 2, windowMs: 5000, lockoutMs: 30_000 }));
    expect([...(await fail(3))]).toEqual([...isWrong(2), 'rate_limited']);
    expect(await knock(gateway, 'REST', wrong())).toMatchObject({ retryAfterMs: 30_000 });
    await world.configure(settings());
  });
});

describe('what counts as a failure', () => {
  // prettier-ignore
  const INNOCENT: [what: string, Shown | (() => Promise<Shown>)][] = [
    ['S134: nothing at all',                          { headers: ELSEWHERE }],
    ['S134: an empty bearer',                         { headers: { ...ELSEWHERE, authorization: 'Bearer ' } }],
    ['another scheme',                                { headers: { ...ELSEWHERE, authorization: 'Basic dXNlcjpwYXNz' } }],
    ['a right credential',                            right()],
    ['a credential that has expired',                 async () => {
      const { token, id } = await world.person();
      await world.change({ kind: 'gateway-token', id }, 'UPDATE gateway_tokens SET expires_at = now() WHERE id = $1');
      return wrong({ token });
    }],
    ['a credential that was revoked',                 async () => {
      const { token, id } = await world.person();
      await world.change({ kind: 'gateway-token', id }, 'UPDATE gateway_tokens SET revoked_at = now() WHERE id = $1');
      return wrong({ token });
    }],
    ['a foreign page',                                { ...right(), headers: { origin: 'https://evil.example' } }],
  ];

  it.each(INNOCENT)('%s does not, however often', async (_what, shows) => {
    const shown = typeof shows === 'function' ? await shows() : shows;
    for (let i = 0; i < 3 * (ALLOWED + 1); i += 1) await knock(gateway, DOORS[i % 3]!, shown);

    expect((await gateway.get('/api/v1/rate-limits')).body).toEqual({ items: [], nextCursor: null });
  });

  it('S134: nor do unknown paths, wrong verbs and probes', async () => {
    for (let i = 0; i < 25; i += 1) {
      await gateway.get('/nothing', ELSEWHERE);
      await gateway.call('/api/v1/whoami', { method: 'OPTIONS', headers: ELSEWHERE });
      await gateway.get('/health', ELSEWHERE);
    }
    expect(await knock(gateway, 'REST', right())).toMatchObject({ outcome: 'token' });
  });

  it('S130: each wrong secret of a request counts, one shown twice only once', async () => {
    await knock(gateway, 'native', wrong({ password: 'wrong too', deviceToken: 'and wrong' }));
    await knock(gateway, 'native', wrong({ password: 'wrong' }));

    expect((await world.failures()).map(({ failures }) => failures)).toEqual([4]);
  });

  it('S138: this machine is no exception, with or without an Origin', async () => {
    for (let i = 0; i < ALLOWED; i += 1) {
      const headers = i % 2 ? { ...ELSEWHERE, origin: `http://127.0.0.1:${gateway.port}` } : ELSEWHERE;
      expect((await knock(gateway, 'REST', { token: 'wrong', headers })).status).toBe(401);
    }
    expect((await knock(gateway, 'REST', {})).status).toBe(429);
  });

  it('S142: nor is the other header', async () => {
    for (let i = 0; i < ALLOWED; i += 1)
      await gateway.get('/api/v1/whoami', { ...ELSEWHERE, 'x-openclaw-token': 'wrong' });

    expect((await knock(gateway, 'REST', right())).status).toBe(429);
  });

  it('S215: nor is HEAD', async () => {
    for (let i = 0; i < ALLOWED; i += 1) {
      const reply = await gateway.call('/api/v1/whoami', {
        method: 'HEAD',
        headers: { ...ELSEWHERE, ...bearer('wrong') },
      });
      expect([reply.status, reply.text]).toEqual([401, '']);
    }
    expect((await knock(gateway, 'REST', right())).status).toBe(429);
  });

  it('S073: a static token of 64 hex beside gateway tokens is none, a wrong one of 64 hex is one', async () => {
    for (let i = 0; i < ALLOWED; i += 1) await knock(gateway, 'REST', wrong({ token: unknownToken() }));

    expect((await knock(gateway, 'REST', right())).status).toBe(429);
  });
});

describe('whose failures they are', () => {
  it('S127, S136: an address is one, however it is written, and whatever a stranger says of it', async () => {
    for (let i = 0; i < ALLOWED; i += 1) {
      const headers = {
        'x-forwarded-for': `203.0.113.${i}`,
        'x-real-ip': `203.0.113.${i}`,
        forwarded: `for=203.0.113.${i}`,
      };
      await knock(gateway, DOORS[i % 3]!, wrong({ headers }));
    }
    expect((await world.failures()).map(({ source }) => source)).toEqual(['127.0.0.1']);
    expect((await knock(gateway, 'REST', right({ headers: { 'x-forwarded-for': '198.51.100.1' } }))).status).toBe(429);
  });

  it('S127: an IPv4 address within IPv6 is that IPv4 address', async () => {
    const spellings = ['203.0.113.7', '::ffff:203.0.113.7', '::ffff:cb00:7107', '0:0:0:0:0:ffff:203.0.113.7'];
    for (let i = 0; i < ALLOWED; i += 1) await knock(gateway, DOORS[i % 3]!, wrong(behindProxy(spellings[i % 4]!)));

    for (const seen of spellings) expect((await knock(gateway, 'REST', right(behindProxy(seen)))).status).toBe(429);
    expect((await knock(gateway, 'REST', right(behindProxy('203.0.113.8')))).outcome).toBe('token');
  });

  it('of IPv6, the /64: nobody gets more guesses by using more of their addresses', async () => {
    for (let i = 0; i < ALLOWED; i += 1) {
      await knock(gateway, DOORS[i % 3]!, wrong(behindProxy(`2001:db8:0:1:${i}::${i}`)));
    }
    const again = await knock(gateway, 'REST', right(behindProxy('2001:db8:0:1:ffff::1')));
    expect(again.status).toBe(429);
    expect((await knock(gateway, 'REST', right(behindProxy('2001:db8:0:2::1')))).outcome).toBe('token');
    expect((await world.failures())[0]!.source).toBe('2001:db8:0:1::/64');
  });

  it('S136: behind a trusted proxy it is the client, and the proxy itself is never locked out', async () => {
    for (let i = 0; i < ALLOWED + 1; i += 1) await knock(gateway, DOORS[i % 3]!, wrong(behindProxy('203.0.113.7')));

    expect((await knock(gateway, 'REST', right(behindProxy('203.0.113.7')))).status).toBe(429);
    expect((await knock(gateway, 'REST', right(behindProxy('203.0.113.8')))).outcome).toBe('token');
  });

  it('S029: what a client puts in front of the chain is not believed', async () => {
    for (let i = 0; i < ALLOWED; i += 1) {
      await knock(gateway, 'REST', wrong(behindProxy(`10.9.8.${i}, 127.0.0.1, 203.0.113.7`)));
    }
    expect((await world.failures()).map(({ source }) => source)).toEqual(['203.0.113.7']);
  });
});

describe('/api/v1/rate-limits', () => {
  const admin = { from: '127.0.0.5', headers: bearer(HOUSE_TOKEN) };
  const list = async () => (await gateway.call('/api/v1/rate-limits', admin)).body.items as unknown[];
  const forgive = (address: string) =>
    gateway.call(`/api/v1/rate-limits/${encodeURIComponent(address)}`, { ...admin, method: 'DELETE' });

  it('lists who has failed, and who is locked out for how long', async () => {
    await fail(3, wrong({ from: '127.0.0.2' }));
    await fail(ALLOWED, wrong({ from: '127.0.0.3' }));
    gateway.clock.advance(1000);

    expect(await list()).toEqual([
      { source: '127.0.0.3', failures: 20, blockedForMs: 59_000 },
      { source: '127.0.0.2', failures: 3, blockedForMs: 0 },
    ]);
  });

  it('forgives an address, which may try again at once', async () => {
    await fail(ALLOWED);
    expect((await knock(gateway, 'REST', right())).status).toBe(429);
    expect((await forgive('127.0.0.1')).status).toBe(204);

    expect(await knock(gateway, 'REST', right())).toMatchObject({ outcome: 'token' });
    expect(await list()).toEqual([]);
  });

  it('forgives an IPv6 address with its /64', async () => {
    await fail(ALLOWED, wrong(behindProxy('2001:db8::1')));
    expect((await forgive('2001:db8::2')).status).toBe(204);
    expect(await knock(gateway, 'REST', right(behindProxy('2001:db8::1')))).toMatchObject({ outcome: 'token' });

    await fail(ALLOWED, wrong(behindProxy('2001:db8::1')));
    expect((await forgive('2001:db8:0:0::/64')).status).toBe(204);
    expect(await knock(gateway, 'REST', right(behindProxy('2001:db8::1')))).toMatchObject({ outcome: 'token' });
  });

  it('refuses what is no address', async () => {
    const reply = await forgive('somebody');

    expect(reply.status).toBe(400);
    expect(reply.body.error.fields).toEqual([{ path: 'address', message: expect.stringContaining('IPv4 or IPv6') }]);
  });

  it("is the house's alone: no tenant's admin sees or forgives", async () => {
    const { token } = await world.tenantToken('admin');
    const stranger = { from: '127.0.0.5', headers: { ...ELSEWHERE, ...bearer(token) } };

    expect((await gateway.call('/api/v1/rate-limits', stranger)).status).toBe(403);
    expect((await gateway.call('/api/v1/rate-limits/127.0.0.1', { ...stranger, method: 'DELETE' })).status).toBe(403);
    const member = { from: '127.0.0.5', headers: { ...ELSEWHERE, ...bearer((await world.person()).token) } };
    expect((await gateway.call('/api/v1/rate-limits', member)).status).toBe(403);
  });
});
