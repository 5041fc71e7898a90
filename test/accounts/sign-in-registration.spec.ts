import { randomUUID } from 'node:crypto';
import { InvitationsService } from '../../src/accounts/invitations.service.js';
import { SetupCodes } from '../../src/accounts/registration/setup-codes.js';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import { bearer, HOUSE, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { Mailbox } from '../helpers/mailbox.js';
import { World } from '../helpers/world.js';
import { type Caller, callerOf, newAddress, PASSWORD } from './people.js';

let gateway: TestGateway;
let world: World;
/** Not this machine. */
let remote: Caller;

async function begin(accounts: object = {}, auth: object = {}): Promise<void> {
  gateway = await startGateway({
    config: { gateway: { auth: { token: HOUSE_TOKEN, ...auth } }, accounts },
    database: 'embedded',
  });
  world = new World(gateway);
  remote = callerOf(gateway, '127.0.0.2');
}

const here = (path: string, body: object): ReturnType<Caller> =>
  callerOf(gateway, '127.0.0.1', `localhost:${gateway.port}`)(path, body);
const wanted = (more: object = {}) => ({ email: newAddress(), password: PASSWORD, ...more });
const setupCode = async (): Promise<string> => (await world.get(SetupCodes).offer())!;
const codeOf = ({ body }: { body: { error: { code: string } } }): string => body.error.code;

async function invite(email: string, role: 'admin' | 'member' | 'viewer' = 'member', tenantId = HOUSE_TENANT) {
  const caller = { ...HOUSE, tenantId };
  const { code } = await world.get(InvitationsService).create({ email, role }, { caller, tenantId } as never);
  return code;
}

describe('first-user, which is the rule unless told otherwise', () => {
  beforeAll(() => begin());
  afterAll(() => gateway.close());
  beforeEach(() => world.forgive());

  it('says what a sign-up page has to ask for', async () => {
    expect((await gateway.get('/auth/registration')).body).toEqual({
      mode: 'first-user',
      awaitsFirstUser: true,
      emailVerification: 'optional',
    });
  });

  it('lets no stranger in without the setup code, nor with a wrong one, and counts the wrong ones', async () => {
    await setupCode();
    expect((await remote('/auth/register', wanted())).body.error).toMatchObject({ code: 'registration_closed' });
    for (let i = 0; i < 20; i++) {
      const reply = await remote('/auth/register', wanted({ setupCode: `AAAAA-BBBBB-CCCCC-${10_000 + i}` }));
      expect(codeOf(reply)).toBe('code_invalid');
    }
    const reply = await remote('/auth/register', wanted({ setupCode: await setupCode() }));
    expect(reply.status).toBe(429);
    expect(await world.rows('SELECT 1 FROM users WHERE registered_at IS NOT NULL')).toEqual([]);
  });

  it('makes one owner of those who show the code at once, and nobody afterwards', async () => {
    // Somebody who was written down before, as the holder of a token, may be who signs up.
    const known = await gateway.gatewayToken({ email: 'ana@example.com', role: 'member' });
    const code = await setupCode();
    const others = await setupCode();
    const callers = [0, 1, 2].map((i) => callerOf(gateway, `127.0.6.${i + 1}`));

    const replies = await Promise.all([
      callers[0]!('/auth/register', { email: 'Ana@example.com', password: PASSWORD, setupCode: code.toLowerCase() }),
      callers[1]!('/auth/register', wanted({ setupCode: ` ${code.replaceAll('-', ' ')}` })),
      callers[2]!('/auth/register', wanted({ setupCode: others })),
    ]);

    const statuses = replies.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, 403, 403]);
    const owner = replies.find(({ status }) => status === 201)!.body;
    expect(owner.user.role).toBe('owner');
    expect(owner.tenant).toMatchObject({ id: HOUSE_TENANT, name: 'house' });
    const [ana] = await world.rows<{ id: string }>(`SELECT id FROM users WHERE email = 'ana@example.com'`);
    expect(ana!.id).toBe(known.userId);

    expect(await world.get(SetupCodes).offer()).toBeUndefined();
    expect(codeOf(await remote('/auth/register', wanted({ setupCode: code })))).toBe('registration_closed');
    expect(codeOf(await here('/auth/register', wanted()))).toBe('registration_closed');
    expect((await gateway.get('/auth/registration')).body.awaitsFirstUser).toBe(false);
  });

  it('lets those in who were invited, with their address alone, once, into the tenant that asked them', async () => {
    const { tenantId } = await world.tenantToken();
    const email = newAddress();
    const invitation = await invite(email, 'viewer', tenantId);

    expect(codeOf(await remote('/auth/register', wanted({ invitation })))).toBe('code_invalid');
    const joined = await remote('/auth/register', { email: email.toUpperCase(), password: PASSWORD, invitation });
    expect(joined.status).toBe(201);
    expect(joined.body.user.role).toBe('viewer');
    expect(joined.body.tenant.id).toBe(tenantId);
    expect(codeOf(await remote('/auth/register', { email, password: PASSWORD, invitation }))).toBe('code_invalid');
  });

  it('gives nobody the account of a person who comes in by another provider', async () => {
    const email = newAddress();
    const invitation = await invite(email);
    const { userId } = await gateway.gatewayToken({ email });
    await world.rows(
      `INSERT INTO user_sessions (tenant_id, user_id, method, expires_at) VALUES ($1, $2, 'oidc:google', now())`,
      [HOUSE_TENANT, userId],
    );

    expect((await remote('/auth/register', { email, password: PASSWORD, invitation })).status).toBe(400);
    expect(await world.rows('SELECT 1 FROM user_passwords WHERE user_id = $1', [userId])).toEqual([]);
  });

  it('does not spend an invitation on what fails', async () => {
    const email = newAddress();
    const invitation = await invite(email);

    expect((await remote('/auth/register', { email, password: 'weak', invitation })).status).toBe(400);
    expect((await remote('/auth/register', { email, password: PASSWORD, invitation })).status).toBe(201);
  });

  it('has a whole row of the audit for each', async () => {
    const [row] = await world.rows<{ detail: object }>(
      `SELECT detail FROM audit_events WHERE action = 'user.registered' AND tenant_id = $1 ORDER BY seq LIMIT 1`,
      [HOUSE_TENANT],
    );
    expect(row!.detail).toEqual({ role: 'owner', by: 'setup-code' });
  });
});

describe('the machine itself', () => {
  afterEach(() => gateway.close());

  it('needs no code to make the first owner', async () => {
    await begin();
    const reply = await here('/auth/register', wanted());
    expect(reply.status).toBe(201);
    expect(reply.body.user.role).toBe('owner');
  });

  it.each([
    ['behind a proxy', {}, { 'x-forwarded-for': '203.0.113.9' }],
    ['as a page of another site', {}, { 'sec-fetch-site': 'cross-site' }],
    ['where the machine has no way in', { loopback: 'deny' }, {}],
    ['where it has to prove itself', { loopback: 'proof' }, {}],
  ])('is not believed %s', async (_, auth, headers) => {
    await begin({}, auth);
    const reply = await callerOf(gateway, '127.0.0.1', `localhost:${gateway.port}`)(
      '/auth/register',
      wanted(),
      headers,
    );
    expect(codeOf(reply)).toBe('registration_closed');
  });
});

describe('open', () => {
  beforeAll(() => begin({ registration: 'open' }));
  afterAll(() => gateway.close());
  beforeEach(() => world.forgive());

  it('gives each a tenant of their own', async () => {
    const [ana, ben] = [await remote('/auth/register', wanted()), await remote('/auth/register', wanted())];
    expect([ana.status, ben.status]).toEqual([201, 201]);
    expect(ana.body.user.role).toBe('owner');
    expect(new Set([ana.body.tenant.id, ben.body.tenant.id, HOUSE_TENANT]).size).toBe(3);
  });

  it('lets nobody take over an address, and counts who tries', async () => {
    const known = await gateway.gatewayToken({ email: 'holder@example.com', role: 'admin' });
    const { body } = await remote('/auth/register', { email: 'ana@example.com', password: PASSWORD });
    const before = await world.rows('SELECT count(*)::int AS n FROM tenants');

    for (const email of ['ana@example.com', ' ANA@Example.com', 'holder@example.com']) {
      const reply = await remote('/auth/register', { email, password: 'Another-Horse-8' });
      expect(reply.status).toBe(400);
      expect(reply.body.error.fields).toEqual([{ path: 'email', message: expect.stringContaining('sign in') }]);
    }

    expect(await world.rows('SELECT count(*)::int AS n FROM tenants')).toEqual(before);
    expect((await world.failures()).find(({ source }) => source === '127.0.0.2')?.failures).toBe(3);
    expect((await gateway.get('/auth/me', bearer(body.tokens.accessToken))).status).toBe(200);
    expect((await remote('/auth/login', { email: 'ana@example.com', password: PASSWORD })).status).toBe(200);
    expect(await world.rows('SELECT registered_at FROM users WHERE id = $1', [known.userId])).toEqual([
      { registered_at: null },
    ]);
  });

  it('keeps strangers from having letters written all day', async () => {
    const ask = () => remote('/auth/reset-password/request', { email: 'nobody@example.com' });
    const outcomes: number[] = [];
    for (let i = 0; i < 62; i++) outcomes.push((await ask()).status);

    expect(outcomes.indexOf(429)).toBeGreaterThan(55);
    const reply = await ask();
    expect(reply.status).toBe(429);
    expect(reply.body.error.code).toBe('too_many_requests');
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
    expect((await remote('/auth/register', wanted())).status).toBe(429);
  });

  it.each([
    [{ password: 'short' }, 'password'],
    [{ password: 'nouppercase-1' }, 'password'],
    [{ password: 'Password1!' }, 'password'],
    [{ email: 'nobody' }, 'email'],
    [{ displayName: 'a\u0007b' }, 'displayName'],
    [{ locale: '<script>' }, 'locale'],
    [{ tenantId: randomUUID() }, 'tenantId'],
    [{ role: 'owner' }, 'role'],
    [{ session: 'header' }, 'session'],
  ])('names what is wrong, and makes nothing: %j', async (more, field) => {
    const before = await world.rows('SELECT count(*)::int AS n FROM users');
    const { status, body } = await remote('/auth/register', wanted(more));
    expect(status).toBe(400);
    expect((body.error.fields as { path: string }[]).map(({ path }) => path)).toContain(field);
    expect(await world.rows('SELECT count(*)::int AS n FROM users')).toEqual(before);
  });
});

describe('open, with addresses that are confirmed first', () => {
  let mailbox: Mailbox;

  beforeAll(async () => {
    mailbox = await Mailbox.open();
    const mail = { host: '127.0.0.1', port: mailbox.port, from: 'Doorward <no-reply@example.com>' };
    await begin({ registration: 'open', emailVerification: 'required', mail });
  });
  afterAll(async () => {
    await gateway.close();
    await mailbox.close();
  });
  beforeEach(() => world.forgive());

  it('answers the same whether or not the address has an account, and tells by mail alone', async () => {
    const email = newAddress();
    const first = await remote('/auth/register', { email, password: PASSWORD });
    const { code } = await mailbox.to(email);
    const second = await remote('/auth/register', { email, password: 'Another-Horse-8' });

    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.body).toEqual(first.body);
    expect(second.headers['set-cookie']).toBeUndefined();
    const { subject, link } = await mailbox.to(email, 2);
    expect(subject).toBe('You have an account already');
    expect(link).toMatch(/\/sign-in$/);

    expect(codeOf(await remote('/auth/login', { email, password: PASSWORD }))).toBe('email_unverified');
    expect(codeOf(await remote('/auth/login', { email, password: 'Another-Horse-8' }))).toBe('password_mismatch');
    expect((await remote('/auth/verify-email', { code })).status).toBe(200);
    expect((await remote('/auth/login', { email, password: PASSWORD })).status).toBe(200);
  });

  it('asks no such thing of those who were invited by the house', async () => {
    const email = newAddress();
    const joined = await remote('/auth/register', { email, password: PASSWORD, invitation: await invite(email) });
    expect(joined.status).toBe(201);
    expect((await remote('/auth/login', { email, password: PASSWORD })).status).toBe(200);
  });
});

describe('closed', () => {
  beforeAll(() => begin({ registration: 'closed' }));
  afterAll(() => gateway.close());

  it('lets nobody sign up, whatever they show', async () => {
    const email = newAddress();
    const invitation = await invite(email);
    for (const body of [wanted(), wanted({ setupCode: 'AAAAA' }), { email, password: PASSWORD, invitation }]) {
      expect(codeOf(await remote('/auth/register', body))).toBe('registration_closed');
      expect(codeOf(await here('/auth/register', body))).toBe('registration_closed');
    }
    expect(await world.get(SetupCodes).offer()).toBeUndefined();
  });
});
