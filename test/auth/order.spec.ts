import { ALL_SCOPES, covers, type Scope } from '../../src/kernel/scopes.js';
import { bearer, HOUSE_TOKEN, type TestGateway, startGateway } from '../helpers/gateway.js';
import { type Door, DOORS, knock, type Shown } from '../helpers/knock.js';
import { FakeTailscaled, GUEST, OWNER, serveHeaders } from '../helpers/tailscale.js';
import { ELSEWHERE, World } from '../helpers/world.js';

const PASSWORD = 'the password of the house';
const PROXY = '127.0.0.9';

let tailscaled: FakeTailscaled;
let gateway: TestGateway;
let world: World;
/** One good secret of each kind. */
const secrets: Record<string, string> = { token: HOUSE_TOKEN, password: PASSWORD };

interface Config {
  readonly auth?: object;
  readonly tailscale?: string;
  readonly gateway?: object;
}

/** All seven methods, unless said otherwise. */
const config = ({ auth, tailscale = 'enabled', gateway }: Config = {}) => ({
  gateway: {
    trustedProxies: [PROXY],
    tailscale: { mode: tailscale, socket: tailscaled.socket },
    auth: {
      token: HOUSE_TOKEN,
      password: PASSWORD,
      trustedProxy: { enabled: true, userHeader: 'x-forwarded-user' },
      ...auth,
    },
    ...gateway,
  },
});

beforeAll(async () => {
  tailscaled = await FakeTailscaled.start();
  gateway = await startGateway({ config: config(), database: 'embedded' });
  world = new World(gateway);
  secrets['gateway-token'] = (await world.person()).token;
  secrets['device-token'] = (await world.device()).token;
});
afterAll(async () => {
  await gateway.close();
  await tailscaled.stop();
});
afterEach(() => world.forgive());

const METHODS = ['loopback', 'device-token', 'gateway-token', 'token', 'password', 'tailscale', 'trusted-proxy'];

/** The headers by which each method that needs no secret knows its caller; the last two cannot stand together. */
const HEADERS: Record<string, Record<string, string>> = {
  tailscale: serveHeaders(OWNER),
  'trusted-proxy': { ...ELSEWHERE, 'x-forwarded-for': '203.0.113.7', 'x-forwarded-user': 'ana@example.com' },
};

/** A caller whom every one of `methods` would take. */
function showing(...methods: string[]): Shown {
  const named = methods.find((method) => method in HEADERS);
  const isLocal = methods.includes('loopback');
  return {
    token: methods.flatMap((method) => secrets[method] ?? [])[0],
    headers: named ? HEADERS[named] : isLocal ? {} : ELSEWHERE,
    from: named === 'trusted-proxy' ? PROXY : undefined,
  };
}

const status = (door: Door, good: boolean): number | 'open' => {
  if (door === 'REST') return good ? 200 : 401;
  return good ? 'open' : 1008;
};

describe('the chain', () => {
  beforeAll(() => world.configure(config()));

  it('is the seven methods in their order', async () => {
    expect((await gateway.get('/api/v1/auth/chain')).body).toEqual({ methods: METHODS });
  });

  // prettier-ignore
  it.each([
    ['nothing is configured',            {},                                                  ['loopback', 'device-token', 'gateway-token']],
    ['a token',                          { auth: { token: HOUSE_TOKEN } },                    ['loopback', 'device-token', 'gateway-token', 'token']],
    ['a password',                       { auth: { password: PASSWORD } },                    ['loopback', 'device-token', 'gateway-token', 'password']],
    ['both, and no mode',                { auth: { token: HOUSE_TOKEN, password: PASSWORD } }, ['loopback', 'device-token', 'gateway-token', 'token', 'password']],
    ['both, and mode token',             { auth: { token: HOUSE_TOKEN, password: PASSWORD, mode: 'token' } },    ['loopback', 'device-token', 'gateway-token', 'token']],
    ['both, and mode password',          { auth: { token: HOUSE_TOKEN, password: PASSWORD, mode: 'password' } }, ['loopback', 'device-token', 'gateway-token', 'password']],
    ['loopback denied',                  { auth: { loopback: 'deny', token: HOUSE_TOKEN } },   ['device-token', 'gateway-token', 'token']],
    ['mode none',                        { auth: { mode: 'none', token: HOUSE_TOKEN } },       ['loopback', 'device-token', 'gateway-token']],
    ['Tailscale is served',              { tailscale: { mode: 'serve' } },                     ['loopback', 'device-token', 'gateway-token', 'tailscale']],
    ['Tailscale is required',            { tailscale: { mode: 'require' }, auth: { token: HOUSE_TOKEN } }, ['tailscale']],
    ['a proxy is trusted, alone',        { trustedProxies: [PROXY], auth: { mode: 'trusted-proxy', password: PASSWORD, trustedProxy: { userHeader: 'x-user' } } }, ['trusted-proxy']],
  ])('%s', async (_what, settings, methods) => {
    await world.configure({ gateway: { ...settings, ...('tailscale' in settings && { tailscale: { ...settings.tailscale, socket: tailscaled.socket, command: '/nonexistent' } }) } });
    // Whoever asks must be let in by the chain itself: a name of the tailnet, a user of the proxy, or this machine.
    const [first] = methods;
    const shown = first === 'tailscale' ? serveHeaders(OWNER) : first === 'trusted-proxy' ? { 'x-user': 'ana', 'x-forwarded-for': '203.0.113.7' } : bearer(first === 'loopback' ? '' : HOUSE_TOKEN);
    const reply = await gateway.call('/api/v1/auth/chain', { headers: shown, from: first === 'trusted-proxy' ? PROXY : undefined });

    expect(reply.body).toEqual({ methods });
  });
});

describe.each(DOORS)('the first that succeeds, over %s', (door) => {
  beforeAll(() => world.configure(config()));

  // prettier-ignore
  it.each([
    ['loopback',      'device-token'],
    ['loopback',      'gateway-token'],
    ['loopback',      'token'],
    ['loopback',      'password'],
    ['device-token',  'tailscale'],
    ['device-token',  'trusted-proxy'],
    ['gateway-token', 'tailscale'],
    ['gateway-token', 'trusted-proxy'],
    ['token',         'tailscale'],
    ['token',         'trusted-proxy'],
    ['password',      'tailscale'],
    ['password',      'trusted-proxy'],
  ])('%s comes before %s', async (first, second) => {
    expect(await knock(gateway, door, showing(first, second))).toMatchObject({ outcome: first });
  });

  it('S001: whatever says that the request was forwarded, a local caller is local no more', async () => {
    for (const name of [
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
      'x-forwarded-user',
      'x-real-ip',
      'forwarded',
    ]) {
      const reply = await knock(gateway, door, { headers: { [name]: '127.0.0.1' } });
      expect([name, reply.status]).toEqual([name, status(door, false)]);
    }
  });

  it('a credential that is no longer good ends the chain, though others would take the caller', async () => {
    const { token, id } = await world.person();
    await world.change({ kind: 'gateway-token', id }, 'UPDATE gateway_tokens SET revoked_at = now() WHERE id = $1');

    for (const vouched of ['tailscale', 'trusted-proxy']) {
      const reply = await knock(gateway, door, { ...showing(vouched), token });
      expect(reply).toMatchObject({ status: status(door, false), outcome: 'token_revoked' });
    }
  });

  it('an unknown credential falls to the next method', async () => {
    expect(await knock(gateway, door, { ...showing('tailscale'), token: 'unknown' })).toMatchObject({
      outcome: 'tailscale',
    });
  });
});

describe('where secrets are named apart', () => {
  // prettier-ignore
  it.each([
    ['a device token beside a gateway token', 'device-token',  () => ({ deviceToken: secrets['device-token'], token: secrets['gateway-token'] })],
    ['a device token beside the house key',   'device-token',  () => ({ deviceToken: secrets['device-token'], token: HOUSE_TOKEN })],
    ['a gateway token beside the password',   'gateway-token', () => ({ token: secrets['gateway-token'], password: PASSWORD })],
    ['the house key beside the password',     'token',         () => ({ token: HOUSE_TOKEN, password: PASSWORD })],
  ])('%s → %s', async (_what, outcome, shows) => {
    for (const dialect of ['JSON-RPC', 'native'] as const) {
      expect(await knock(gateway, dialect, { ...shows(), headers: ELSEWHERE })).toMatchObject({ outcome });
    }
  });

  it('S065: two headers with different secrets are an error, and the same one twice is none', async () => {
    const twice = await gateway.get('/api/v1/whoami', {
      ...bearer(HOUSE_TOKEN),
      'x-doorward-token': secrets['gateway-token']!,
    });
    expect(twice).toMatchObject({
      status: 400,
      body: { error: { type: 'invalid_request_error', code: 'invalid_request' } },
    });
    expect(twice.text).not.toContain(HOUSE_TOKEN);

    const same = await gateway.get('/api/v1/whoami', {
      ...ELSEWHERE,
      ...bearer(HOUSE_TOKEN),
      'x-openclaw-token': HOUSE_TOKEN,
    });
    expect(same).toMatchObject({ status: 200, body: { method: 'token' } });
  });
});

describe.each(DOORS)('one mode, one path, over %s', (door) => {
  it('S055: under require, nothing but a confirmed name of the tailnet comes in', async () => {
    await world.configure(config({ tailscale: 'require' }));
    for (const method of ['loopback', 'device-token', 'gateway-token', 'token', 'password', 'trusted-proxy']) {
      const reply = await knock(gateway, door, showing(method));
      expect([method, reply.status]).toEqual([method, status(door, false)]);
    }
    expect(await knock(gateway, door, showing('tailscale'))).toMatchObject({ outcome: 'tailscale' });
    expect(await knock(gateway, door, showing('token', 'tailscale'))).toMatchObject({ outcome: 'tailscale' });
  });

  it('S038: under trusted-proxy, nothing but a user of the proxy comes in', async () => {
    await world.configure(config({ tailscale: 'disabled', auth: { mode: 'trusted-proxy', token: undefined } }));
    for (const method of ['loopback', 'device-token', 'gateway-token', 'token', 'password']) {
      const reply = await knock(gateway, door, showing(method));
      expect([method, reply.status]).toEqual([method, status(door, false)]);
    }
    expect(await knock(gateway, door, showing('trusted-proxy'))).toMatchObject({ outcome: 'trusted-proxy' });
  });

  it('S055: under disabled, a name of the tailnet means nothing', async () => {
    await world.configure(config({ tailscale: 'disabled' }));

    expect(await knock(gateway, door, showing('tailscale'))).toMatchObject({ status: status(door, false) });
  });

  it('S047: under serve, a name of the tailnet opens WebSockets, and no HTTP route', async () => {
    await world.configure(config({ tailscale: 'serve', auth: { mode: 'token' } }));

    expect(await knock(gateway, door, showing('tailscale'))).toMatchObject({ status: status(door, door !== 'REST') });
  });

  it('mode token takes no password, and mode password no token', async () => {
    await world.configure(config({ auth: { mode: 'token' } }));
    expect(await knock(gateway, door, showing('password'))).toMatchObject({ outcome: 'token_mismatch' });
    await world.configure(config({ auth: { mode: 'password' } }));
    expect(await knock(gateway, door, showing('token'))).toMatchObject({ outcome: 'password_mismatch' });
    expect(await knock(gateway, door, { headers: ELSEWHERE })).toMatchObject({ outcome: 'password_missing' });
  });

  it('loopback: deny leaves the machine itself outside, proof lets it in with the proof', async () => {
    await world.configure(config({ auth: { loopback: 'deny' } }));
    expect(await knock(gateway, door, {})).toMatchObject({ outcome: 'token_missing' });

    await world.configure(config({ auth: { loopback: 'proof' } }));
    expect(await knock(gateway, door, {})).toMatchObject({ outcome: 'token_missing' });
    const wrong = { 'x-doorward-local-proof': '0'.repeat(64) };
    expect(await knock(gateway, door, { headers: wrong })).toMatchObject({ outcome: 'token_missing' });
    const right = { 'x-doorward-local-proof': world.localProof() };
    expect(await knock(gateway, door, { headers: right })).toMatchObject({ outcome: 'loopback' });
    expect(await knock(gateway, door, { headers: { ...ELSEWHERE, ...right } })).toMatchObject({
      outcome: 'token_missing',
    });
  });
});

const READ: Scope[] = ['operator.read'];
const WRITE: Scope[] = ['operator.read', 'operator.write'];

describe('what a credential gives', () => {
  beforeAll(() =>
    world.configure(
      config({
        auth: {
          identityScopes: {
            'owner@example.com': ['operator.admin'],
            '*@example.com': ['operator.approvals'],
            'nobody@example.com': [],
          },
        },
      }),
    ),
  );

  // prettier-ignore
  const TABLE: [what: string, scopes: readonly Scope[], shows: () => Shown | Promise<Shown>][] = [
    ['the machine itself',                       ALL_SCOPES, () => ({})],
    ['the static token',                         ALL_SCOPES, () => showing('token')],
    ['the password',                             ALL_SCOPES, () => showing('password')],
    ['a gateway token of an owner',              ALL_SCOPES, async () => as(await world.person('owner'))],
    ['a gateway token of an admin',              ALL_SCOPES, async () => as(await world.person('admin'))],
    ['a gateway token of a member',              WRITE,      async () => as(await world.person('member'))],
    ['a gateway token of a viewer',              READ,       async () => as(await world.person('viewer'))],
    ['a gateway token that was narrowed',        READ,       async () => as(await gateway.gatewayToken({ email: 'narrow@example.com', role: 'owner', scopes: READ }))],
    ['a gateway token narrowed to more than its role', [],   async () => as(await gateway.gatewayToken({ email: 'viewer@example.com', role: 'viewer', scopes: ['operator.admin'] }))],
    ['a device token, as approved',              ['operator.pairing'], async () => as(await world.device({ scopes: ['operator.pairing'] }))],
    ['a name of the tailnet, by name',           ['operator.admin'],     () => showing('tailscale')],
    ['a name of the tailnet, by domain',         ['operator.approvals'], () => ({ headers: serveHeaders(GUEST) })],
    ['a name of the proxy, by domain',           ['operator.approvals'], () => throughProxy('ana@example.com')],
    ['a name given nothing',                     [],         () => throughProxy('nobody@example.com')],
    ['a name of another domain',                 WRITE,      () => throughProxy('eve@elsewhere.example')],
    ['S023: a domain that only ends like it',    WRITE,      () => throughProxy('eve@evil-example.com')],
  ];

  const as = ({ token }: { token: string }): Shown => ({ token, headers: ELSEWHERE });
  const throughProxy = (user: string): Shown => ({
    from: PROXY,
    headers: { ...HEADERS['trusted-proxy'], 'x-forwarded-user': user },
  });

  it.each(TABLE)('%s', async (_what, scopes, shows) => {
    const shown = await shows();
    for (const dialect of ['JSON-RPC', 'native'] as const) {
      expect(await knock(gateway, dialect, shown)).toMatchObject({ scopes });
    }
    // Who may not even read is known, and still gets no answer from whoami.
    const answer = covers(scopes, 'operator.read') ? { scopes } : { outcome: 'missing_scope' };
    expect(await knock(gateway, 'REST', shown)).toMatchObject(answer);
  });

  it('a name matches the star when nothing nearer does, and the default when there is no star', async () => {
    await world.configure(config({ auth: { identityScopes: { '*': READ } } }));
    expect((await knock(gateway, 'native', throughProxy('eve@elsewhere.example'))).scopes).toEqual(READ);
    await world.configure(config());
    expect((await knock(gateway, 'native', throughProxy('eve@elsewhere.example'))).scopes).toEqual(WRITE);
  });

  it('sharedSecretScopes narrows token, password and loopback, and nobody else', async () => {
    await world.configure(config({ auth: { sharedSecretScopes: READ } }));
    for (const method of ['token', 'password', 'loopback']) {
      expect(await knock(gateway, 'REST', showing(method))).toMatchObject({ outcome: method, scopes: READ });
    }
    expect((await knock(gateway, 'REST', as(await world.person('owner')))).scopes).toEqual(ALL_SCOPES);
    expect((await gateway.get('/api/v1/rate-limits')).status).toBe(403);
  });

  it('S015: what a client asks for only narrows', async () => {
    await world.configure(config());
    const viewer = as(await world.person('viewer'));
    for (const dialect of ['JSON-RPC', 'native'] as const) {
      const asking = async (shown: Shown, ...scopes: string[]) =>
        (await knock(gateway, dialect, { ...shown, scopes })).scopes;
      expect(await asking(showing('token'), 'operator.read')).toEqual(READ);
      expect(await asking(showing('token'))).toEqual([]);
      expect(await asking(viewer, 'operator.admin', 'operator.read')).toEqual(READ);
      expect(await asking(viewer, 'operator.write')).toEqual([]);
    }
  });
});

describe('GET /api/v1/whoami', () => {
  const house = '00000000-0000-4000-8000-000000000001';
  const whoami = async (shown: Shown): Promise<unknown> =>
    (
      await gateway.call('/api/v1/whoami', {
        from: shown.from,
        headers: { ...shown.headers, ...(shown.token && bearer(shown.token)) },
      })
    ).body;

  it.each(['loopback', 'token', 'password'])('%s is the house itself', async (method) => {
    expect(await whoami(showing(method))).toEqual({
      method,
      subject: method,
      tenantId: house,
      role: 'operator',
      scopes: ALL_SCOPES,
    });
  });

  it.each([
    ['tailscale', OWNER.login],
    ['trusted-proxy', 'ana@example.com'],
  ])('%s names the person', async (method, user) => {
    expect(await whoami(showing(method))).toEqual({
      method,
      subject: user,
      user,
      tenantId: house,
      role: 'operator',
      scopes: WRITE,
    });
  });

  it('a gateway token names user and tenant', async () => {
    const { token, userId, tenantId } = await world.tenantToken('viewer');

    expect(await whoami({ token, headers: ELSEWHERE })).toEqual({
      method: 'gateway-token',
      subject: userId,
      user: `${tenantId}@example.com`,
      tenantId,
      role: 'operator',
      scopes: READ,
    });
  });

  it('a device token names device, tenant and role', async () => {
    const { token, id } = await world.device({ role: 'node', scopes: READ });

    expect(await whoami({ token, headers: ELSEWHERE })).toEqual({
      method: 'device-token',
      subject: id,
      deviceId: id,
      tenantId: house,
      role: 'node',
      scopes: READ,
    });
  });
});
