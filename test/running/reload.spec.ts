import { built } from '../helpers/cli.js';
import { bearer, HOUSE_TOKEN } from '../helpers/gateway.js';
import { DOORS, knock, Visitor } from '../helpers/knock.js';
import { Replica } from '../helpers/replica.js';

const FIRST = HOUSE_TOKEN;
const SECOND = 'canary-second-token-of-the-house';
const PASSWORD = 'canary-password-of-the-house';

let gateway: Replica;

const withAuth = (auth: object, more: object = {}) => ({
  database: { mode: 'none' },
  gateway: { auth: { loopback: 'deny', ...auth }, ...more },
});

beforeAll(async () => {
  await built();
  gateway = await Replica.start({ config: withAuth({ token: FIRST }) });
});
afterAll(async () => {
  await gateway.end();
  await gateway.home.remove();
});

/** The sockets of everybody who is in: one for each dialect. */
async function inside(shown: object): Promise<Visitor[]> {
  const visitors = (['JSON-RPC', 'native'] as const).map((dialect) => new Visitor(gateway.port, dialect, shown));
  for (const visitor of visitors) expect(await visitor.outcome).toMatchObject({ status: 'open' });
  return visitors;
}

const reloaded = expect.objectContaining({ msg: 'config: reloaded', level: 'info' });

describe('SIGHUP', () => {
  beforeEach(() => gateway.reload(withAuth({ token: FIRST })));

  it('S145, S147: with another token, the old one is refused, its sockets are closed, and the new one is good', async () => {
    const visitors = await inside({ token: FIRST });
    expect(await gateway.reload(withAuth({ token: SECOND }))).toEqual(reloaded);

    for (const { closed } of visitors) {
      expect(await closed).toMatchObject({ code: 1008, reason: expect.stringMatching(/^unauthorized/) });
    }
    for (const door of DOORS) {
      expect(await knock(gateway, door, { token: FIRST })).toMatchObject({ outcome: 'token_mismatch' });
      expect(await knock(gateway, door, { token: SECOND })).toMatchObject({ outcome: 'token' });
    }
  });

  it('with the same token, its sockets stay', async () => {
    const visitors = await inside({ token: FIRST });
    expect(await gateway.reload(withAuth({ token: FIRST, password: PASSWORD }))).toEqual(reloaded);
    await inside({ password: PASSWORD });

    for (const visitor of visitors) expect(visitor.isOpen).toBe(true);
    for (const visitor of visitors) visitor.leave();
  });

  it('S145: with another mode, whoever came by the old one is out', async () => {
    const visitors = await inside({ token: FIRST });
    expect(await gateway.reload(withAuth({ mode: 'password', token: FIRST, password: PASSWORD }))).toEqual(reloaded);

    for (const { closed } of visitors) expect(await closed).toMatchObject({ code: 1008 });
    for (const door of DOORS) {
      expect(await knock(gateway, door, { token: FIRST })).toMatchObject({ outcome: 'password_mismatch' });
      expect(await knock(gateway, door, { password: PASSWORD })).toMatchObject({ outcome: 'password' });
    }
  });

  it('S149, S150: whoever is taken off the list of the proxy is out, and an empty list is nobody', async () => {
    const behindProxy = (allowUsers: string[]) =>
      withAuth(
        { token: FIRST, trustedProxy: { enabled: true, userHeader: 'x-forwarded-user', allowUsers } },
        { trustedProxies: ['127.0.0.1'] },
      );
    const ana = { headers: { 'x-forwarded-user': 'ana', 'x-forwarded-for': '203.0.113.7' } };

    for (const allowUsers of [['bea'], []]) {
      await gateway.reload(behindProxy(['ana', 'bea']));
      const visitors = await inside(ana);
      expect(await gateway.reload(behindProxy(allowUsers))).toEqual(reloaded);

      for (const { closed } of visitors) expect(await closed).toMatchObject({ code: 1008 });
      for (const door of DOORS) {
        expect(await knock(gateway, door, ana)).toMatchObject({ outcome: 'trusted_proxy_user_not_allowed' });
      }
    }
  });

  it('S149: whoever came through a proxy that is no longer trusted is out', async () => {
    const trusted = (proxies: string[]) =>
      withAuth(
        { token: FIRST, trustedProxy: { enabled: true, userHeader: 'x-forwarded-user' } },
        { trustedProxies: proxies },
      );
    const ana = { headers: { 'x-forwarded-user': 'ana', 'x-forwarded-for': '203.0.113.7' } };
    await gateway.reload(trusted(['127.0.0.1']));
    const visitors = await inside(ana);
    expect(await gateway.reload(trusted(['10.0.0.1']))).toEqual(reloaded);

    for (const { closed } of visitors) expect(await closed).toMatchObject({ code: 1008 });
    expect(await knock(gateway, 'REST', ana)).toMatchObject({ outcome: 'trusted_proxy_untrusted_source' });
  });

  it('S149: whoever is given less is out, and comes in again with what is left', async () => {
    const proxied = (identityScopes: object, sharedSecretScopes?: string[]) =>
      withAuth(
        {
          token: FIRST,
          sharedSecretScopes,
          identityScopes,
          trustedProxy: { enabled: true, userHeader: 'x-forwarded-user' },
        },
        { trustedProxies: ['127.0.0.1'] },
      );
    const ana = { headers: { 'x-forwarded-user': 'ana', 'x-forwarded-for': '203.0.113.7' } };
    await gateway.reload(proxied({ ana: ['operator.admin'] }));
    const visitors = [...(await inside(ana)), ...(await inside({ token: FIRST }))];
    expect(await gateway.reload(proxied({ ana: ['operator.read'] }, ['operator.read']))).toEqual(reloaded);

    for (const { closed } of visitors) expect(await closed).toMatchObject({ code: 1008 });
    for (const shown of [ana, { token: FIRST }]) {
      expect(await knock(gateway, 'native', shown)).toMatchObject({ status: 'open', scopes: ['operator.read'] });
    }
  });

  // prettier-ignore
  it.each([
    ['no JSON',                         '{ gateway: { auth: {',                              'doorward.json5'],
    ['an empty file',                   '',                                                  'doorward.json5'],
    ['a mode that nobody knows',        withAuth({ mode: 'tokne', token: SECOND }),          'gateway.auth.mode'],
    ['a wrong type',                    withAuth({ token: 42 }),           'gateway.auth.token'],
    ['an unknown key',                  withAuth({ tokn: SECOND }),                          'gateway.auth.tokn'],
    ['S059: a placeholder',             withAuth({ token: 'change-me-please-change-me' }),   'gateway.auth.token'],
    ['S059: a short secret',            withAuth({ token: 'short' }),                        'gateway.auth.token'],
    ['a mode without its secret',       withAuth({ mode: 'password' }),                      'gateway.auth.password'],
  ])('S153: %s is refused, and the old configuration stays', async (_what, broken, named) => {
    const visitors = await inside({ token: FIRST });
    const line = await gateway.reload(broken);

    expect(line).toMatchObject({ level: 'error', msg: 'config: reload refused, the old one stays' });
    expect(JSON.stringify(line)).toContain(named);
    expect(JSON.stringify(line)).not.toContain('canary');
    for (const door of DOORS) expect(await knock(gateway, door, { token: FIRST })).toMatchObject({ outcome: 'token' });
    for (const visitor of visitors) expect(visitor.isOpen).toBe(true);
    for (const visitor of visitors) visitor.leave();
  });

  it('S153: all that is wrong is told at once', async () => {
    const line = await gateway.reload(withAuth({ mode: 'tokne', token: 'short' }, { bind: 'everywhere' }));

    for (const path of ['gateway.auth.mode', 'gateway.auth.token', 'gateway.bind']) {
      expect(JSON.stringify(line)).toContain(path);
    }
  });

  it('S233: while it happens, each request is judged by the one or by the other, and never by none', async () => {
    const outcomes = new Set<string>();
    const stop = new AbortController();
    const asking = Array.from({ length: 2 }, async () => {
      while (!stop.signal.aborted) {
        const { status, body } = await gateway.get('/api/v1/whoami', bearer(FIRST));
        outcomes.add(`${status} ${body.method ?? body.error.code}`);
      }
    });
    for (let i = 0; i < 5; i += 1) {
      await gateway.reload(withAuth({ token: SECOND, rateLimit: { maxAttempts: 1000 } }));
      await gateway.reload(withAuth({ token: FIRST, rateLimit: { maxAttempts: 1000 } }));
    }
    stop.abort();
    await Promise.all(asking);

    expect([...outcomes].filter((outcome) => outcome !== '429 rate_limited').toSorted()).toEqual([
      '200 token',
      '401 token_mismatch',
    ]);
  });
});
