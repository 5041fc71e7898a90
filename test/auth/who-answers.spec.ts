import { hashSync } from '@node-rs/argon2';
import { Database } from '../../src/storage/database.js';
import { HOUSE_TOKEN, type TestGateway, startGateway } from '../helpers/gateway.js';
import { DOORS, knock, type Outcome, type Shown, Visitor } from '../helpers/knock.js';
import { FakeTailscaled, GUEST, OWNER, SERVER, serveHeaders } from '../helpers/tailscale.js';
import { ELSEWHERE, unknownToken, World } from '../helpers/world.js';

const PASSWORD = 'correct horse bättery staple';
/** As `openssl rand -hex 32` makes it: in form a gateway token. */
const HEX_TOKEN = unknownToken();
const PROXY = '127.0.0.9';

let tailscaled: FakeTailscaled;
let gateway: TestGateway;
let world: World;

/** All seven methods in one chain. */
const everything = (auth: object = {}) => ({
  gateway: {
    trustedProxies: [PROXY],
    tailscale: { mode: 'enabled', socket: tailscaled.socket },
    auth: {
      token: HOUSE_TOKEN,
      password: PASSWORD,
      trustedProxy: {
        enabled: true,
        userHeader: 'X-Forwarded-User',
        requiredHeaders: ['X-Forwarded-Proto'],
        allowUsers: ['ana@example.com'],
      },
      ...auth,
    },
  },
});

beforeAll(async () => {
  tailscaled = await FakeTailscaled.start();
  gateway = await startGateway({ config: everything(), database: 'embedded' });
  world = new World(gateway);
});
afterAll(async () => {
  await gateway.close();
  await tailscaled.stop();
});
afterEach(() => world.forgive());

/** Elsewhere unless said otherwise: the machine itself needs no credential. */
const elsewhere = (shown: Shown = {}): Shown => ({ ...shown, headers: { ...ELSEWHERE, ...shown.headers } });

const token = (value: string): Shown => elsewhere({ token: value });

const throughProxy = (headers: Shown['headers'], from = PROXY): Shown =>
  elsewhere({ from, headers: { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https', ...headers } });

/** A credential that has been used already, so that the gateway knows it, and then changes in the rows. */
async function onceGood<T extends { token: string }>(issued: Promise<T>, end: (of: T) => Promise<void>) {
  const of = await issued;
  expect((await knock(gateway, 'REST', token(of.token))).status).toBe(200);
  await end(of);
  return token(of.token);
}

const gatewayTokenAfter = (end: (of: { id: string; userId: string }) => Promise<void>) => onceGood(world.person(), end);

const deviceTokenAfter = (end: (of: { id: string; tokenId: string }) => Promise<void>) =>
  onceGood(world.device(), async ({ id }) => {
    const [row] = await world.rows<{ id: string }>('SELECT id FROM device_tokens WHERE device_id = $1', [id]);
    await end({ id, tokenId: row!.id });
  });

const endOfToken =
  (column: string) =>
  ({ id }: { id: string }) =>
    world.change({ kind: 'gateway-token', id }, `UPDATE gateway_tokens SET ${column} WHERE id = $1`);

const endOfUser =
  (status: string) =>
  ({ userId: id }: { userId: string }) =>
    world.change({ kind: 'user', id }, `UPDATE users SET status = '${status}' WHERE id = $1`);

const endOfSession =
  (column: string) =>
  ({ sessionId: id }: { sessionId: string }) =>
    world.change({ kind: 'session', id }, `UPDATE user_sessions SET ${column} WHERE id = $1`);

const endOfDeviceToken =
  (column: string) =>
  ({ tokenId: id }: { tokenId: string }) =>
    world.change({ kind: 'device-token', id }, `UPDATE device_tokens SET ${column} WHERE id = $1`);

type Shows = () => Shown | Promise<Shown>;

// prettier-ignore
const GOOD: [what: string, method: string, shows: Shows][] = [
  ['the machine itself',                'loopback',      () => ({})],
  ['a device token',                    'device-token',  async () => token((await world.device()).token)],
  ['a device token, named as one',      'device-token',  async () => elsewhere({ deviceToken: (await world.device()).token })],
  ['a gateway token',                   'gateway-token', async () => token((await world.person()).token)],
  ['the static token',                  'token',         () => token(HOUSE_TOKEN)],
  ['the static token as a password',    'token',         () => elsewhere({ password: HOUSE_TOKEN })],
  ['the password',                      'password',      () => elsewhere({ password: PASSWORD })],
  ['the password as a token',           'password',      () => token(PASSWORD)],
  ['a name of the tailnet',             'tailscale',     () => ({ headers: serveHeaders(OWNER) })],
  ['a name vouched for by the proxy',   'trusted-proxy', () => throughProxy({ 'x-forwarded-user': 'ana@example.com' })],
];

// prettier-ignore
const BAD: [what: string, code: string, shows: Shows][] = [
  ['nothing',                                   'token_missing',           () => elsewhere()],
  ["a stranger's token",                        'token_mismatch',          () => token('a stranger among the tokens')],
  ['a static token cut short',                  'token_mismatch',          () => token(HOUSE_TOKEN.slice(0, -1))],
  ['a token that was never ours',               'token_mismatch',          () => token(unknownToken())],
  ['S075: a gateway token in upper case',       'token_mismatch',          async () => token((await world.person()).token.toUpperCase())],
  ['S075: a gateway token with more behind it', 'token_mismatch',          async () => token(`${(await world.person()).token}0`)],
  ['S071: a digest out of the table',           'token_mismatch',          () => storedDigest()],
  ['a revoked gateway token',                   'token_revoked',           () => gatewayTokenAfter(endOfToken('revoked_at = now()'))],
  ['an expired gateway token',                  'token_expired',           () => gatewayTokenAfter(endOfToken("expires_at = now() - interval '1 second'"))],
  ['a gateway token whose hour is over',        'token_expired',           () => pastItsHour()],
  ['a gateway token of a suspended user',       'user_suspended',          () => gatewayTokenAfter(endOfUser('suspended'))],
  ['a gateway token of a deactivated user',     'user_suspended',          () => gatewayTokenAfter(endOfUser('deactivated'))],
  ['a gateway token of a suspended tenant',     'user_suspended',          () => ofSuspendedTenant()],
  ['a gateway token of an ended sign-in',       'token_revoked',           () => onceGood(world.sessionToken(), endOfSession('revoked_at = now()'))],
  ['a gateway token of an expired sign-in',     'token_expired',           () => onceGood(world.sessionToken(), endOfSession('expires_at = now()'))],
  ['a revoked device token',                    'device_token_revoked',    () => deviceTokenAfter(endOfDeviceToken('revoked_at = now()'))],
  ['a device token of a removed device',        'device_token_revoked',    () => deviceTokenAfter(({ id }) => world.change({ kind: 'device', id }, 'UPDATE devices SET revoked_at = now() WHERE id = $1'))],
  ['an expired device token',                   'token_expired',           () => deviceTokenAfter(endOfDeviceToken('expires_at = now()'))],
  ['a name without Tailscale Serve',            'tailscale_proxy_missing', () => elsewhere({ headers: { 'tailscale-user-login': OWNER.login } })],
  ['a name that the tailnet does not know',     'tailscale_whois_failed',  () => ({ headers: serveHeaders({ ...OWNER, address: '100.64.9.9' }) })],
  ["somebody else's name",                      'tailscale_user_mismatch', () => ({ headers: serveHeaders({ ...GUEST, login: OWNER.login }) })],
  ['the name of a machine',                     'tailscale_whois_failed',  () => ({ headers: serveHeaders(SERVER) })],
  ["the proxy's header from elsewhere",         'trusted_proxy_untrusted_source', () => throughProxy({ 'x-forwarded-user': 'ana@example.com' }, '127.0.0.8')],
  ['a proxy without its required header',       'trusted_proxy_missing_header',   () => throughProxy({ 'x-forwarded-user': 'ana@example.com', 'x-forwarded-proto': ' ' })],
  ['a user who is not on the list',             'trusted_proxy_user_not_allowed', () => throughProxy({ 'x-forwarded-user': 'eve@example.com' })],
  ['S040: a listed user in another case',       'trusted_proxy_user_not_allowed', () => throughProxy({ 'x-forwarded-user': 'Ana@example.com' })],
];

async function storedDigest(): Promise<Shown> {
  const { id } = await world.person();
  const [row] = await world.rows<{ token_digest: string }>('SELECT token_digest FROM gateway_tokens WHERE id = $1', [
    id,
  ]);
  return token(row!.token_digest);
}

/** The clock moves; nothing is written, and nobody is told. */
async function pastItsHour(): Promise<Shown> {
  const { token: value } = await world.person();
  expect((await knock(gateway, 'REST', token(value))).status).toBe(200);
  gateway.clock.advance(3_600_000);
  return token(value);
}

function ofSuspendedTenant(): Promise<Shown> {
  return onceGood(world.tenantToken(), ({ tenantId: id }) =>
    world.change({ kind: 'tenant', id }, `UPDATE tenants SET status = 'suspended' WHERE id = $1`),
  );
}

/** A refusal is 401 and, on a WebSocket, the frame and then 1008. */
const refusedAs = (door: string, outcome: string): Partial<Outcome> => ({
  status: door === 'REST' ? 401 : 1008,
  outcome,
});

describe.each(DOORS)('who answers over %s', (door) => {
  it.each(GOOD)('%s → %s', async (_what, outcome, shows) => {
    expect(await knock(gateway, door, await shows())).toMatchObject({
      status: door === 'REST' ? 200 : 'open',
      outcome,
    });
  });

  it.each(BAD)('%s → %s', async (_what, outcome, shows) => {
    expect(await knock(gateway, door, await shows())).toMatchObject(refusedAs(door, outcome));
  });
});

describe.each(['JSON-RPC', 'native'] as const)('secrets that only WebSocket tells apart: %s', (dialect) => {
  // prettier-ignore
  it.each([
    ['a wrong password',                                    'password_mismatch',     { password: 'wrong' }],
    ['a device token that was never ours',                  'device_token_mismatch', { deviceToken: `dwd_${'x'.repeat(43)}` }],
    ['S018: a wrong token beside nothing else',             'token_mismatch',        { token: 'wrong' }],
    ['a wrong token beside the right password',             'token_mismatch',        { token: 'wrong', password: 'wrong too' }],
    ['S060: a blank token',                                 'token_missing',         { token: '' }],
    ['S060: a blank password',                              'token_missing',         { password: '' }],
  ])('%s → %s', async (_what, outcome, shown) => {
    expect(await knock(gateway, dialect, elsewhere(shown))).toMatchObject({ status: 1008, outcome });
  });

  it('the bearer of the upgrade request counts where connect names none', async () => {
    const shown = elsewhere({ headers: { authorization: `Bearer ${HOUSE_TOKEN}` } });

    expect(await knock(gateway, dialect, shown)).toMatchObject({ status: 'open', outcome: 'token' });
  });
});

describe('the header of the documents', () => {
  it.each(['x-openclaw-token', 'x-doorward-token'])('%s carries the bearer too', async (name) => {
    expect(await knock(gateway, 'REST', elsewhere({ headers: { [name]: HOUSE_TOKEN } }))).toMatchObject({
      status: 200,
      outcome: 'token',
    });
  });

  it('S191: a token in the query is none', async () => {
    for (const name of ['token', 'access_token', 'auth']) {
      const reply = await gateway.get(`/api/v1/whoami?${name}=${HOUSE_TOKEN}`, { ...ELSEWHERE });
      expect(reply.body.error.code).toBe('token_missing');
    }
  });
});

describe('what a token leads to does not end with the token alone', () => {
  it.each(['JSON-RPC', 'native'] as const)('an open %s socket goes with its credential', async (dialect) => {
    const { token: value, id, userId } = await world.person();
    for (const end of [endOfUser('suspended'), endOfToken('revoked_at = now()')]) {
      await world.change({ kind: 'user', id: userId }, `UPDATE users SET status = 'active' WHERE id = $1`);
      const visitor = new Visitor(gateway.port, dialect, token(value));
      expect(await visitor.outcome).toMatchObject({ status: 'open' });
      await end({ id, userId });

      expect(await visitor.closed).toMatchObject({ code: 1008, reason: expect.stringMatching(/^unauthorized/) });
    }
  });

  it('an open socket goes when the time of its token is over', async () => {
    const visitor = new Visitor(gateway.port, 'native', token((await world.person('member', 5)).token));
    expect(await visitor.outcome).toMatchObject({ status: 'open' });
    gateway.clock.advance(6000);

    expect(await visitor.closed).toMatchObject({ code: 1008, reason: 'unauthorized: credential expired' });
  });
});

describe('a password of which only the hash is configured', () => {
  const hash = hashSync(PASSWORD, { memoryCost: 8192, timeCost: 1, parallelism: 1 });

  beforeAll(() => world.configure(everything({ token: undefined, password: hash })));
  afterAll(() => world.configure(everything()));

  it.each(DOORS)('lets the password in over %s, and neither another one nor itself', async (door) => {
    expect(await knock(gateway, door, elsewhere({ password: PASSWORD }))).toMatchObject({ outcome: 'password' });
    for (const password of [`${PASSWORD}!`, hash]) {
      expect(await knock(gateway, door, elsewhere({ password }))).toMatchObject(refusedAs(door, 'password_mismatch'));
    }
  });
});

describe('S073: a static token in the form of a gateway token', () => {
  beforeAll(() => world.configure(everything({ token: HEX_TOKEN })));
  afterAll(() => world.configure(everything()));

  it.each(DOORS)('comes in over %s, beside gateway tokens, as no failure', async (door) => {
    for (let i = 0; i < 25; i += 1) {
      expect(await knock(gateway, door, token(HEX_TOKEN))).toMatchObject({ outcome: 'token' });
    }
    expect(await knock(gateway, door, token((await world.person()).token))).toMatchObject({ outcome: 'gateway-token' });
    expect(gateway.log().filter((line) => JSON.stringify(line).includes(HEX_TOKEN))).toEqual([]);
  });
});

describe('with the database down', () => {
  let known: Record<string, string>;

  beforeAll(async () => {
    known = { gateway: (await world.person()).token, device: (await world.device()).token };
    for (const value of Object.values(known)) {
      expect((await knock(gateway, 'REST', token(value))).status).toBe(200);
    }
    await world.configure(everything({ token: HEX_TOKEN }));
    await world.get(Database).close();
  });

  describe.each(DOORS)('over %s', (door) => {
    // prettier-ignore
    it.each([
      ['a gateway token that was good',   'auth_unavailable', () => token(known.gateway!)],
      ['a device token that was good',    'auth_unavailable', () => token(known.device!)],
      ['a token that was never ours',     'auth_unavailable', () => token(unknownToken())],
    ])('%s could not be checked', async (_what, outcome, shows) => {
      for (let i = 0; i < 3; i += 1) {
        const reply = await knock(gateway, door, shows());
        expect(reply).toMatchObject({ status: door === 'REST' ? 503 : 1008, outcome });
      }
    });

    // prettier-ignore
    it.each([
      ['S073: the static token, 64 hex',  'token',         () => token(HEX_TOKEN)],
      ['the password',                    'password',      () => elsewhere({ password: PASSWORD })],
      ['the machine itself',              'loopback',      () => ({})],
      ['a name of the tailnet',           'tailscale',     () => ({ headers: serveHeaders(OWNER) })],
      ['a name from the proxy',           'trusted-proxy', () => throughProxy({ 'x-forwarded-user': 'ana@example.com' })],
    ] as [string, string, () => Shown][])('%s is unharmed', async (_what, outcome, shows) => {
      expect(await knock(gateway, door, shows())).toMatchObject({ outcome });
    });

    it('what cannot be a token of the database is wrong all the same', async () => {
      expect(await knock(gateway, door, token('a stranger'))).toMatchObject(refusedAs(door, 'token_mismatch'));
    });
  });

  it('what could not be checked is no wrong credential', async () => {
    const reply = await gateway.get('/api/v1/rate-limits');

    expect(reply.body).toEqual({ items: [], nextCursor: null });
  });
});
