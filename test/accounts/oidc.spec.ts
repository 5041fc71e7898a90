import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AuditService } from '../../src/audit/audit.service.js';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import { bearer, startGateway, type TestGateway } from '../helpers/gateway.js';
import { type ProviderAccount, TestProvider } from '../helpers/oidc-provider.js';
import { WebBrowser } from '../helpers/web-browser.js';
import { World } from '../helpers/world.js';
import { newTenant, signedIn } from './signed-in.js';

let provider: TestProvider;
let gateway: TestGateway;
let world: World;

/** The same provider under several names, each with a policy of its own. */
const POLICIES = {
  acme: { label: 'Acme', provision: true },
  strict: {},
  trusted: { trustEmail: true },
  domain: { provision: true, allowedDomains: ['acme.example'] },
  listed: { provision: true, role: 'admin', allowedEmails: ['Boss@acme.example'] },
  guests: { provision: true, tenant: 'guests', role: 'viewer' },
  nowhere: { provision: true, tenant: 'no-such-tenant' },
} as const;

const configOf = (accounts: object = {}): object => ({
  accounts: {
    ...accounts,
    oidc: Object.fromEntries(
      Object.entries(POLICIES).map(([name, policy]) => [name, { ...provider.settings, ...policy }]),
    ),
  },
});

beforeAll(async () => {
  provider = await TestProvider.start();
  gateway = await startGateway({ database: 'embedded', config: configOf() as Record<string, unknown> });
  for (const name of Object.keys(POLICIES)) provider.register(gateway, name);
  world = new World(gateway);
  await world.rows(`INSERT INTO tenants (name) VALUES ('guests')`);
});

afterAll(async () => {
  await gateway?.close();
  await provider?.close();
});

/** Somebody new at the provider. */
function somebody(more: Partial<ProviderAccount> = {}): ProviderAccount {
  const sub = randomUUID();
  return { sub, email: `${sub}@acme.example`, email_verified: true, name: 'Ana', ...more };
}

type PolicyName = keyof typeof POLICIES;
const startAt = (name: PolicyName): string => `${gateway.url}/auth/oidc/${name}/start`;
const isCallback = ({ pathname }: URL): boolean => pathname.endsWith('/callback');

/** Signs in, and says where the console was opened. */
async function signIn(name: PolicyName, account?: ProviderAccount, browser = new WebBrowser()): Promise<string> {
  provider.account = account;
  const { url } = await browser.visit(
    startAt(name),
    ({ pathname, host }) => host === new URL(gateway.url).host && !pathname.startsWith('/auth/'),
  );
  return url.href.slice(gateway.url.length);
}

/** As far as the callback, which is not asked for. */
async function almost(name: PolicyName, account: ProviderAccount, browser: WebBrowser): Promise<URL> {
  provider.account = account;
  return (await browser.visit(startAt(name), isCallback)).url;
}

const refusal = (code: string): string => `/sign-in#error=${code}`;
const outcome = async (url: URL, browser: WebBrowser): Promise<string> =>
  String((await browser.ask(url)).headers['location']);

const usersOf = ({ sub }: ProviderAccount) =>
  world.rows<{ id: string; email: string; role: string; tenant: string; verified: boolean; last: Date }>(
    `SELECT u.id, u.email, u.role, n.name AS tenant, u.email_verified_at IS NOT NULL AS verified,
            i.last_sign_in_at AS last
       FROM user_identities i JOIN users u ON u.id = i.user_id JOIN tenants n ON n.id = u.tenant_id
      WHERE i.subject = $1`,
    [sub],
  );

const refreshed = (browser: WebBrowser) =>
  gateway.call('/auth/refresh', {
    method: 'POST',
    headers: {
      cookie: `doorward_refresh=${browser.cookie(gateway.url, 'doorward_refresh')!.value}`,
      origin: gateway.url,
      'sec-fetch-site': 'same-origin',
    },
    body: {},
  });

describe('sign-in at another provider', () => {
  it('shows which there are', async () => {
    const { body } = await gateway.get('/auth/oidc');
    expect(body.providers).toContainEqual({ id: 'acme', name: 'Acme' });
    expect(body.providers).toContainEqual({ id: 'strict', name: 'strict' });
    expect(body.providers).toHaveLength(Object.keys(POLICIES).length);
  });

  it('begins a sign-in in a cookie, and goes on to the console without a token in any address', async () => {
    const browser = new WebBrowser();
    const account = somebody();

    expect(await signIn('acme', account, browser)).toBe('/');

    const { value, attributes } = browser.cookie(gateway.url, 'doorward_refresh')!;
    expect(attributes).toMatch(/HttpOnly/);
    expect(attributes).toMatch(/SameSite=Strict/);
    expect(browser.visited.map(String).join(' ')).not.toContain(value);

    const { status, body } = await refreshed(browser);
    expect(status).toBe(200);
    const me = await gateway.get('/auth/me', bearer(body.accessToken as string));
    expect(me.body.user).toMatchObject({
      email: account.email,
      displayName: 'Ana',
      role: 'member',
      emailVerified: true,
    });
    expect(await world.rows('SELECT method FROM user_sessions WHERE user_id = $1', [me.body.user.id])).toEqual([
      { method: 'oidc:acme' },
    ]);
  });

  it('sends the provider what code flow with PKCE needs, and keeps none of its secrets in rows', async () => {
    const browser = new WebBrowser();
    const { url } = await browser.visit(startAt('acme'), ({ origin }) => origin === provider.issuer);
    const asked = Object.fromEntries(url.searchParams);

    expect(asked).toEqual({
      client_id: 'doorward',
      response_type: 'code',
      redirect_uri: `${gateway.url}/auth/oidc/acme/callback`,
      scope: 'openid email profile',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
    const { value, attributes } = browser.cookie(gateway.url, 'doorward_oidc')!;
    expect(attributes).toBe('HttpOnly; SameSite=Lax; Path=/auth/oidc; Max-Age=600');
    const rows = JSON.stringify(await world.rows('SELECT * FROM oidc_sign_ins'));
    for (const secret of [value, asked['state']!, asked['nonce']!]) expect(rows).not.toContain(secret);
  });

  it('knows somebody who comes again, also from two browsers at once', async () => {
    const account = somebody();
    const [one, other] = [new WebBrowser(), new WebBrowser()];
    const callbacks = [await almost('acme', account, one), await almost('acme', account, other)];

    expect(await Promise.all([outcome(callbacks[0]!, one), outcome(callbacks[1]!, other)])).toEqual(['/', '/']);
    expect(await signIn('acme', account)).toBe('/');

    expect(await usersOf(account)).toHaveLength(1);
    const rows = await world.rows('SELECT id FROM users WHERE email = $1', [account.email]);
    expect(rows).toHaveLength(1);
  });

  it('goes by the subject, whatever becomes of the address', async () => {
    const account = somebody();
    await signIn('acme', account);
    const [before] = await usersOf(account);

    expect(await signIn('acme', { ...account, email: `${randomUUID()}@elsewhere.example` })).toBe('/');
    expect(await signIn('acme', { sub: account.sub })).toBe('/');

    expect(await usersOf(account)).toMatchObject([{ id: before!.id, email: account.email }]);
  });

  it('serves several sign-ins that one browser begins side by side', async () => {
    const browser = new WebBrowser();
    const account = somebody();
    const first = await almost('acme', account, browser);
    const second = await almost('acme', account, browser);

    expect(await outcome(first, browser)).toBe('/');
    expect(await outcome(second, browser)).toBe('/');
  });

  it('says yes or no in the audit', async () => {
    const account = somebody();
    await signIn('acme', account);
    const [user] = await usersOf(account);
    await signIn('strict', somebody());
    await world.get(AuditService).flush();

    const rows = await world.rows<{ action: string; detail: object }>(
      `SELECT action, detail FROM audit_events WHERE actor = $1 ORDER BY seq`,
      [`user:${user!.id}`],
    );
    expect(rows).toEqual([
      {
        action: 'user.provisioned',
        detail: { way: 'oidc:acme', issuer: provider.issuer, subject: account.sub, role: 'member' },
      },
      { action: 'user.login', detail: { method: 'oidc:acme', address: '127.0.0.1' } },
    ]);
    const refused = await world.rows<{ detail: object }>(
      `SELECT detail FROM audit_events WHERE action = 'user.login_failed'`,
    );
    expect(refused.map(({ detail }) => detail)).toContainEqual({
      method: 'oidc:strict',
      code: 'identity_not_allowed',
      address: '127.0.0.1',
      count: 1,
    });
  });

  it.each([
    ['/tokens', '/tokens'],
    ['/device?user_code=WDJB-MJHT', '/device?user_code=WDJB-MJHT'],
  ])('comes back to the page of the console that was wanted: %s', async (wanted, expected) => {
    provider.account = somebody();
    const browser = new WebBrowser();
    const { url } = await browser.visit(`${startAt('acme')}?return_to=${encodeURIComponent(wanted)}`, isCallback);
    expect(await outcome(url, browser)).toBe(expected);
  });

  it.each([
    'https://evil.example/',
    '//evil.example/tokens',
    '/\\evil.example',
    '/tokens/../../evil',
    '/tokens#@evil.example',
    '/tokens?next=https://evil.example',
    '/api/v1/whoami',
    'javascript:alert(1)',
    '/tokens\r\nSet-Cookie: a=b',
    '',
  ])('comes back nowhere else: %j', async (wanted) => {
    const reply = await gateway.get(`/auth/oidc/acme/start?return_to=${encodeURIComponent(wanted)}`);
    expect(reply.status).toBe(400);
    expect(reply.body.error.fields).toEqual([{ path: 'return_to', message: expect.stringContaining('/tokens') }]);
    expect(reply.headers.location).toBeUndefined();
  });

  it('knows no other provider', async () => {
    for (const name of ['other', 'constructor', '__proto__']) {
      expect((await gateway.get(`/auth/oidc/${name}/start`)).status).toBe(404);
      expect((await gateway.get(`/auth/oidc/${name}/callback?state=a&code=b`)).headers.location).toBe(
        refusal('not_found'),
      );
    }
  });
});

describe('who is let in', () => {
  it('nobody who is not known, unless users are made', async () => {
    expect(await signIn('strict', somebody())).toBe(refusal('identity_not_allowed'));
  });

  it('nobody whose address the provider has not verified, where that would make a user', async () => {
    const claims: object[] = [{ email_verified: false }, { email_verified: 'true' }, { email: undefined }];
    for (const more of claims) {
      const account = somebody(more);
      expect(await signIn('acme', account)).toBe(refusal('identity_email_unverified'));
      expect(await usersOf(account)).toEqual([]);
    }
  });

  it('those of the domains, by an address that is verified', async () => {
    expect(await signIn('domain', somebody())).toBe('/');
    expect(await signIn('domain', somebody({ email: `${randomUUID()}@other.example` }))).toBe(
      refusal('identity_not_allowed'),
    );
    expect(await signIn('domain', somebody({ email: `a@acme.example@${randomUUID()}.example` }))).toBe(
      refusal('identity_not_allowed'),
    );
    expect(await signIn('domain', somebody({ email_verified: false }))).toBe(refusal('identity_not_allowed'));
  });

  it('those on the list, with the role that the configuration gives them', async () => {
    const boss = somebody({ email: 'boss@ACME.example' });
    expect(await signIn('listed', boss)).toBe('/');
    expect(await usersOf(boss)).toMatchObject([{ role: 'admin', tenant: 'house' }]);
    expect(await signIn('listed', somebody())).toBe(refusal('identity_not_allowed'));
  });

  it('into the tenant of the provider, with its role, whatever the claims say', async () => {
    const account = somebody({ role: 'owner', tenant_id: HOUSE_TENANT, groups: ['admins'] });
    expect(await signIn('guests', account)).toBe('/');
    expect(await usersOf(account)).toMatchObject([{ role: 'viewer', tenant: 'guests', verified: true }]);
  });

  it('nobody into a tenant that does not exist', async () => {
    expect(await signIn('nowhere', somebody())).toBe(refusal('unavailable'));
  });

  it('no suspended user, and nobody of a suspended tenant', async () => {
    const account = somebody();
    await signIn('guests', account);
    const [user] = await usersOf(account);

    await world.rows(`UPDATE users SET status = 'suspended' WHERE id = $1`, [user!.id]);
    expect(await signIn('guests', account)).toBe(refusal('user_suspended'));
    await world.rows(`UPDATE users SET status = 'active' WHERE id = $1`, [user!.id]);

    await world.rows(`UPDATE tenants SET status = 'suspended' WHERE name = 'guests'`);
    expect(await signIn('guests', account)).toBe(refusal('user_suspended'));
    expect(await signIn('guests', somebody())).toBe(refusal('user_suspended'));
    await world.rows(`UPDATE tenants SET status = 'active' WHERE name = 'guests'`);
    expect(await signIn('guests', account)).toBe('/');
  });

  it('nobody new while registration is closed', async () => {
    const known = somebody();
    await signIn('acme', known);
    await world.configure(configOf({ registration: 'closed' }) as Record<string, unknown>);

    expect(await signIn('acme', somebody())).toBe(refusal('registration_closed'));
    expect(await signIn('acme', known)).toBe('/');
    await world.configure(configOf() as Record<string, unknown>);
  });

  it('nobody as the first user of the house, who would own it', async () => {
    expect(await world.rows('SELECT 1 FROM users WHERE registered_at IS NOT NULL')).toEqual([]);
    expect(await world.rows(`SELECT 1 FROM users WHERE role = 'owner' AND email <> 'owner@localhost'`)).toEqual([]);
  });
});

describe('an e-mail address that somebody here has', () => {
  const newUser = async (tenantId = HOUSE_TENANT): Promise<{ id: string; email: string }> => {
    const { userId: id, email } = await signedIn(world, { tenantId });
    await world.rows(
      `INSERT INTO user_passwords (user_id, tenant_id, phc) VALUES ($1, $2, '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA')`,
      [id, tenantId],
    );
    await world.rows('UPDATE users SET email_verified_at = now() WHERE id = $1', [id]);
    return { id, email };
  };

  it('belongs to whoever signs in to it, not to whoever a provider says', async () => {
    const { email } = await newUser();
    for (const name of ['acme', 'strict', 'domain'] as const) {
      const expected = name === 'domain' ? 'identity_not_allowed' : 'identity_not_linked';
      expect(await signIn(name, somebody({ email }))).toBe(refusal(expected));
    }
  });

  it('links, where the provider is trusted for that and has verified it', async () => {
    const { id, email } = await newUser();
    const account = somebody({ email: email.toUpperCase() });

    expect(await signIn('trusted', { ...account, email_verified: false })).toBe(refusal('identity_email_unverified'));
    expect(await signIn('trusted', account)).toBe('/');
    expect(await usersOf(account)).toMatchObject([{ id }]);
  });

  it('links nobody whose address was never verified here: a stranger may have set the password', async () => {
    const { id, email } = await newUser();
    await world.rows('UPDATE users SET email_verified_at = NULL WHERE id = $1', [id]);
    expect(await signIn('trusted', somebody({ email }))).toBe(refusal('identity_not_linked'));

    await world.rows('DELETE FROM user_passwords WHERE user_id = $1', [id]);
    const account = somebody({ email });
    expect(await signIn('trusted', account)).toBe('/');
    expect(await usersOf(account)).toMatchObject([{ id, verified: true }]);
  });

  it('is not handed on when the provider gives it to somebody new', async () => {
    const { email } = await newUser();
    expect(await signIn('trusted', somebody({ email }))).toBe('/');
    expect(await signIn('trusted', somebody({ email }))).toBe(refusal('identity_not_linked'));
  });

  it('opens no other tenant', async () => {
    const { email } = await newUser(await newTenant(world));
    expect(await signIn('trusted', somebody({ email }))).toBe(refusal('identity_not_linked'));
  });

  it('brings whoever was invited by it', async () => {
    const account = somebody();
    await world.rows(
      `INSERT INTO user_invitations (tenant_id, email, role, code_digest, invited_by, expires_at)
       VALUES ($1, $2, 'admin', repeat('a', 64), 'test', now() + interval '1 day')`,
      [HOUSE_TENANT, account.email],
    );
    expect(await signIn('strict', account)).toBe(refusal('identity_not_allowed'));
    expect(await signIn('trusted', account)).toBe('/');
    expect(await usersOf(account)).toMatchObject([{ role: 'admin' }]);
    expect(await world.rows('SELECT 1 FROM user_invitations WHERE accepted_at IS NULL')).toEqual([]);
    await world.rows('UPDATE users SET registered_at = NULL');
  });
});

describe('linking an identity', () => {
  let person: Awaited<ReturnType<typeof signedIn>>;
  beforeEach(async () => {
    person = await signedIn(world);
  });

  const link = async (browser: WebBrowser, body: object = {}): Promise<URL> => {
    const headers = { ...bearer(person.accessToken), 'content-type': 'application/json' };
    const address = new URL(`${gateway.url}/auth/oidc/strict/link`);
    const { status, text } = await browser.ask(address, 'POST', headers, JSON.stringify(body));
    expect(status).toBe(200);
    return new URL((JSON.parse(text) as { url: string }).url);
  };

  it('is for who is signed in', async () => {
    const reply = await gateway.call('/auth/oidc/strict/link', { method: 'POST', body: {} });
    expect([reply.status, reply.body.error.code]).toEqual([401, 'token_missing']);
  });

  it('makes it another way in to the same account', async () => {
    const browser = new WebBrowser();
    const account = somebody();
    provider.account = account;
    const { url } = await browser.visit(await link(browser), isCallback);

    expect(await outcome(url, browser)).toBe('/sessions');
    expect(browser.cookie(gateway.url, 'doorward_refresh')).toBeUndefined();
    expect(await usersOf(account)).toMatchObject([{ id: person.userId }]);
    expect(await signIn('strict', account)).toBe('/');
    expect(
      await world.rows(
        `SELECT detail->>'by' AS by FROM audit_events WHERE actor = $1 AND action = 'user.identity_linked'`,
        [`user:${person.userId}`],
      ),
    ).toEqual([{ by: 'themselves' }]);
  });

  it('takes no identity from anybody', async () => {
    const account = somebody();
    await signIn('acme', account);
    const [holder] = await usersOf(account);
    const browser = new WebBrowser();
    const { url } = await browser.visit(await link(browser), isCallback);

    expect(await outcome(url, browser)).toBe(refusal('identity_taken'));
    expect(await usersOf(account)).toMatchObject([{ id: holder!.id }]);
  });

  it('ends with the sign-in that asked for it', async () => {
    const browser = new WebBrowser();
    const account = somebody();
    provider.account = account;
    const { url } = await browser.visit(await link(browser), isCallback);
    await world.rows('UPDATE user_sessions SET revoked_at = now() WHERE id = $1', [person.sessionId]);

    expect(await outcome(url, browser)).toBe(refusal('token_revoked'));
    expect(await usersOf(account)).toEqual([]);
  });

  it('comes back to a page of the console alone', async () => {
    const { status, body } = await gateway.call('/auth/oidc/strict/link', {
      method: 'POST',
      headers: bearer(person.accessToken),
      body: { returnTo: 'https://evil.example/' },
    });
    expect([status, body.error.code]).toEqual([400, 'invalid_request']);
  });
});
