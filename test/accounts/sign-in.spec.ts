import { randomUUID } from 'node:crypto';
import { FailureStorage } from '../../src/auth/failures/failure-storage.js';
import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { until } from '../helpers/until.js';
import { World } from '../helpers/world.js';
import { callerOf, type Caller, cookieOf, fromOurPage, newAddress, PASSWORD } from './people.js';

let gateway: TestGateway;
let world: World;
let post: Caller;

beforeAll(async () => {
  gateway = await startGateway({
    config: { gateway: { auth: { token: HOUSE_TOKEN } }, accounts: { registration: 'open' } },
    database: 'embedded',
  });
  world = new World(gateway);
  post = callerOf(gateway);
});
afterAll(() => gateway.close());
beforeEach(() => world.forgive());

async function registered(email = newAddress()) {
  const { status, body } = await post('/auth/register', { email, password: PASSWORD, displayName: 'Ana' });
  expect(status).toBe(201);
  await world.forgive(); // many sign up from one address here
  return { email, ...body, ...body.tokens } as {
    email: string;
    user: { id: string };
    tenant: { id: string };
    accessToken: string;
    refreshToken: string;
  };
}

const login = (email: string, password = PASSWORD, more: object = {}) =>
  post('/auth/login', { email, password, ...more });
const me = (token: string) => gateway.get('/auth/me', bearer(token));
const auditOf = (tenantId: string) =>
  world.rows<{ action: string; actor: string; target: string; detail: Record<string, unknown> }>(
    'SELECT action, actor, target, detail FROM audit_events WHERE tenant_id = $1 ORDER BY seq',
    [tenantId],
  );

describe('signing in', () => {
  it('answers with the person, their tenant and their tokens, and never again with a password', async () => {
    const email = newAddress();
    const reply = await post('/auth/register', { email, password: PASSWORD, displayName: 'Ana', locale: 'de-AT' });

    expect(reply.status).toBe(201);
    expect(reply.headers['cache-control']).toBe('no-store');
    expect(reply.body).toEqual({
      user: {
        id: expect.any(String),
        email,
        displayName: 'Ana',
        emailVerified: false,
        role: 'owner',
        locale: 'de-AT',
        timezone: null,
        createdAt: expect.stringMatching(/Z$/),
      },
      tenant: { id: expect.any(String), name: email, planType: 'standard' },
      tokens: { accessToken: expect.any(String), refreshToken: expect.stringMatching(/^dwr_/), expiresIn: 900 },
    });

    const again = await login(email);
    expect(again.status).toBe(200);
    expect(again.headers['cache-control']).toBe('no-store');
    expect(again.body).toEqual({ ...reply.body, tokens: expect.anything() });

    const { user, tenant } = reply.body;
    const who = await me(again.body.tokens.accessToken);
    expect(who.body).toEqual({ user, tenant });
    for (const { text } of [reply, again, who]) expect(text).not.toMatch(/argon2|Correct-Horse/);
  });

  it('knows the address however it is written (S143)', async () => {
    const { email } = await registered();
    for (const written of [email.toUpperCase(), ` ${email}`, `${email}  `]) {
      expect((await login(written)).status).toBe(200);
    }
  });

  it('takes the password to the letter, however a keyboard composes it', async () => {
    const email = newAddress();
    expect((await post('/auth/register', { email, password: 'Gru\u0308ße-aus-1' })).status).toBe(201);

    expect((await login(email, 'Gr\u00fcße-aus-1')).status).toBe(200);
    for (const near of ['grüße-aus-1', 'Grüße-aus-1 ', 'Grüße-aus-²', 'Grüße-aus-']) {
      expect((await login(email, near)).status).toBe(401);
    }
  });

  it('tells a wrong password, an unknown address and one without a password by the same words', async () => {
    const { email } = await registered();
    const { userId } = await world.person();
    const [{ email: bare }] = (await world.rows<{ email: string }>('SELECT email FROM users WHERE id = $1', [
      userId,
    ])) as [{ email: string }];

    const replies = [await login(email, 'Wrong-Horse-9'), await login(newAddress()), await login(bare)];

    for (const { status, body, headers } of replies) {
      expect(status).toBe(401);
      const { requestId, ...error } = body.error;
      expect(requestId).toEqual(expect.any(String));
      expect(error).toEqual({ message: 'Unauthorized', type: 'unauthorized', code: 'password_mismatch' });
      expect(headers['www-authenticate']).toBe('Bearer');
    }
  });

  it('works as hard for an unknown address as for a wrong password', async () => {
    const { email } = await registered();
    // Processor time and not the clock: it stays the same however busy the machine is.
    const work = async (address: string): Promise<number> => {
      const before = process.cpuUsage();
      await login(address, 'Wrong-Horse-9');
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    await work(email);
    const known: number[] = [];
    const unknown: number[] = [];
    for (let i = 0; i < 8; i++) {
      known.push(await work(email));
      unknown.push(await work(newAddress()));
      await world.forgive();
    }

    // Hashing takes most of it: without it an answer costs a tenth.
    const least = (costs: number[]): number => Math.min(...costs);
    expect(least(unknown)).toBeGreaterThan(least(known) * 0.5);
    expect(least(known)).toBeGreaterThan(least(unknown) * 0.5);
  });

  it('tells a suspension only to who knows the password', async () => {
    const { email, user } = await registered();
    await world.rows(`UPDATE users SET status = 'suspended' WHERE id = $1`, [user.id]);

    expect((await login(email)).body.error.code).toBe('user_suspended');
    expect((await login(email, 'Wrong-Horse-9')).body.error.code).toBe('password_mismatch');
  });

  it.each([
    [{}, ['email', 'password']],
    [{ email: 'ana', password: 'x' }, ['email']],
    [{ email: 'änne@example.com', password: 'x' }, ['email']],
    [{ email: 'ana@example.com', password: 'x'.repeat(1025) }, ['password']],
    [{ email: 'ana@example.com', password: { $ne: 1 } }, ['password']],
    [{ email: 'ana@example.com', password: 'x', role: 'owner' }, ['role']],
  ])('names each wrong field: %j', async (body, fields) => {
    const reply = await post('/auth/login', body);

    expect(reply.status).toBe(400);
    const paths = (reply.body.error.fields as { path: string }[]).map(({ path }) => path);
    expect([...new Set(paths)]).toEqual(fields);
  });

  it('refuses pages of others before anything is looked at', async () => {
    const { email, refreshToken } = await registered();
    const origin = { origin: 'https://evil.example' };

    for (const [path, body] of [
      ['/auth/login', { email, password: PASSWORD }],
      ['/auth/refresh', { refreshToken }],
      ['/auth/register', { email: newAddress(), password: PASSWORD }],
    ] as const) {
      expect((await post(path, body, origin)).body.error.code).toBe('origin_not_allowed');
    }
    expect((await post('/auth/refresh', { refreshToken })).status).toBe(200);
  });

  it('is written down: what was done in the tenant, and a failure without what was typed', async () => {
    const { email, user, tenant } = await registered();
    await login(email);
    await login(email, 'Wrong-Horse-9');
    gateway.clock.advance(1000);

    await until('the failure in the audit', async () =>
      (await auditOf(tenant.id)).some(({ action }) => action === 'user.login_failed'),
    );
    const rows = await auditOf(tenant.id);
    expect(rows.map(({ action }) => action)).toEqual([
      'user.registered',
      'user.login',
      'user.login',
      'user.login_failed',
    ]);
    expect(rows[1]).toMatchObject({
      actor: `user:${user.id}`,
      target: expect.stringMatching(/^session:/),
      detail: { method: 'password', address: '127.0.0.1' },
    });
    expect(rows[3]).toMatchObject({ actor: 'stranger', target: `user:${user.id}` });
    expect(JSON.stringify(rows)).not.toContain('Horse');
  });
});

describe('the limits on guessing', () => {
  it('lock an address after twenty, whomever it guesses for, and a right password then too', async () => {
    const { email } = await registered();
    for (let i = 0; i < 20; i++) expect((await login(newAddress(), 'Wrong-Horse-9')).status).toBe(401);

    const reply = await login(email);
    expect(reply.status).toBe(429);
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('stop many addresses that guess for one person, and not the person', async () => {
    const { email } = await registered();
    // The person has signed up at 127.0.0.1; nobody knows the others.
    const strangers = Array.from({ length: 12 }, (_, i) => callerOf(gateway, `127.0.1.${i + 1}`));
    const outcomes: number[] = [];
    for (const stranger of strangers) {
      outcomes.push((await stranger('/auth/login', { email, password: 'Wrong-Horse-9' })).status);
    }

    expect(outcomes).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
    expect((await strangers[11]!('/auth/login', { email, password: PASSWORD })).status).toBe(429);
    expect((await login(email)).status).toBe(200);
  });

  it('are the same for an address that nobody has', async () => {
    const email = newAddress();
    const outcomes: number[] = [];
    for (let i = 0; i < 12; i++) {
      const stranger = callerOf(gateway, `127.0.2.${i + 1}`);
      outcomes.push(
        (await stranger('/auth/login', { email: i % 2 ? email : ` ${email.toUpperCase()}`, password: 'x' })).status,
      );
    }

    expect(outcomes).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
  });

  it('hold for guesses that come at once', async () => {
    const email = newAddress();
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        callerOf(gateway, `127.0.3.${i + 1}`)('/auth/login', { email, password: 'x' }),
      ),
    );

    const judged = outcomes.filter(({ status }) => status === 401);
    expect(judged).toHaveLength(10);
    expect(outcomes.filter(({ status }) => status === 429)).toHaveLength(20);
  });

  it('end by themselves, and let pass whoever brings a refresh token of theirs', async () => {
    const { email } = await registered();
    const signedIn = await login(email, PASSWORD, { session: 'cookie' });
    for (let i = 0; i < 10; i++) {
      await callerOf(gateway, `127.0.4.${i + 1}`)('/auth/login', { email, password: 'x' });
    }
    const elsewhere = callerOf(gateway, '127.0.4.99');
    expect((await elsewhere('/auth/login', { email, password: PASSWORD })).status).toBe(429);

    const cookie = { cookie: cookieOf(signedIn), ...fromOurPage };
    expect((await elsewhere('/auth/login', { email, password: PASSWORD }, cookie)).status).toBe(200);

    const another = callerOf(gateway, '127.0.4.98');
    expect((await another('/auth/login', { email, password: PASSWORD })).status).toBe(429);
    gateway.clock.advance(901_000);
    expect((await another('/auth/login', { email, password: PASSWORD })).status).toBe(200);
  });

  it('can be seen and lifted by an admin of the house', async () => {
    const email = newAddress();
    for (let i = 0; i < 11; i++) {
      await callerOf(gateway, `127.0.5.${i + 1}`)('/auth/login', { email, password: 'x' });
    }
    const { body } = await gateway.get('/api/v1/rate-limits', bearer(HOUSE_TOKEN));
    const locked = (body.items as { source: string; blockedForMs: number }[]).find(
      ({ source }) => source === `account:${email}`,
    );
    expect(locked?.blockedForMs).toBeGreaterThan(0);

    const path = `/api/v1/rate-limits/${encodeURIComponent(`account:${email}`)}`;
    expect((await gateway.call(path, { method: 'DELETE', headers: bearer(HOUSE_TOKEN) })).status).toBe(204);
    expect(gateway.app.get(FailureStorage, { strict: false }).blockedFor(`account:${email}`)).toBe(0);
  });
});

describe('a refresh token', () => {
  it('gives the next pair, once', async () => {
    const { refreshToken, accessToken } = await registered();

    const { status, body, headers } = await post('/auth/refresh', { refreshToken });
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(body.tokens).toEqual({ accessToken: expect.any(String), refreshToken: expect.any(String), expiresIn: 900 });
    expect(body).toMatchObject(body.tokens);
    expect(body.refreshToken).not.toBe(refreshToken);
    expect((await me(body.accessToken)).status).toBe(200);
    expect((await me(accessToken)).status).toBe(200);
  });

  it('S175: that is shown twice ends the sign-in, also for who had the good one, and is a row', async () => {
    const { refreshToken, tenant } = await registered();
    const next = await post('/auth/refresh', { refreshToken });

    expect((await post('/auth/refresh', { refreshToken })).body.error.code).toBe('token_revoked');

    expect((await me(next.body.accessToken)).body.error.code).toBe('token_revoked');
    const after = await post('/auth/refresh', { refreshToken: next.body.refreshToken });
    expect(after.body.error.code).toBe('token_revoked');
    const replays = (await auditOf(tenant.id)).filter(({ action }) => action === 'session.replayed');
    expect(replays).toHaveLength(1);
  });

  it('ends by the clock of the database, and its sign-in with it', async () => {
    const { refreshToken } = await registered();
    await world.rows(`UPDATE refresh_tokens SET expires_at = now() - interval '1 second' WHERE used_at IS NULL`);

    expect((await post('/auth/refresh', { refreshToken })).body.error.code).toBe('token_expired');
  });

  it('that was never ours counts as a wrong credential; none at all does not', async () => {
    const { refreshToken } = await registered();
    for (let i = 0; i < 30; i++) expect((await post('/auth/refresh', {})).body.error.code).toBe('token_missing');
    for (let i = 0; i < 20; i++)
      expect((await post('/auth/refresh', { refreshToken: `dwr_${randomUUID()}` })).body.error.code).toBe(
        'token_mismatch',
      );

    expect((await post('/auth/refresh', { refreshToken })).status).toBe(429);
  });

  it('is kept by a browser as a cookie that no script reads, and only our own pages can use', async () => {
    const { email } = await registered();
    const signedIn = await login(email, PASSWORD, { session: 'cookie' });
    expect(signedIn.body.tokens).toEqual({ accessToken: expect.any(String), expiresIn: 900 });
    expect(signedIn.headers['set-cookie']![0]).toMatch(
      /^doorward_refresh=dwr_[\w-]{43}; Path=\/auth; Max-Age=2592000; HttpOnly; SameSite=Strict; Secure$/,
    );

    const cookie = cookieOf(signedIn);
    for (const headers of [
      {} as Record<string, string>,
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
    ]) {
      expect((await post('/auth/refresh', {}, { cookie, ...headers })).body.error.code).toBe('token_missing');
    }
    const next = await post('/auth/refresh', {}, { cookie: `a=b; ${cookie}; c=d`, ...fromOurPage });
    expect(next.status).toBe(200);
    expect(next.text).not.toContain('dwr_');
    expect(cookieOf(next)).not.toBe(cookie);

    const origin = { origin: `http://localhost:${gateway.port}` };
    expect((await post('/auth/refresh', undefined, { cookie: cookieOf(next), ...origin })).status).toBe(200);
  });

  it('in a cookie that was used a moment ago is refused and ends nothing: its page was left; later it does', async () => {
    const { email, tenant } = await registered();
    const first = await login(email, PASSWORD, { session: 'cookie' });
    const old = { cookie: cookieOf(first), ...fromOurPage };
    const next = await post('/auth/refresh', {}, old);

    const again = await post('/auth/refresh', {}, old);
    expect([again.status, again.body.error.code]).toEqual([409, 'conflict']);
    expect(again.headers['set-cookie']).toBeUndefined();
    const good = await post('/auth/refresh', {}, { cookie: cookieOf(next), ...fromOurPage });
    expect(good.status).toBe(200);

    await world.rows(`UPDATE refresh_tokens SET used_at = used_at - interval '11 seconds' WHERE used_at IS NOT NULL`);
    expect((await post('/auth/refresh', {}, old)).body.error.code).toBe('token_revoked');
    const after = await post('/auth/refresh', {}, { cookie: cookieOf(good), ...fromOurPage });
    expect(after.body.error.code).toBe('token_revoked');
    expect((await auditOf(tenant.id)).filter(({ action }) => action === 'session.replayed')).toHaveLength(1);
  });

  it('stands in a cookie without Secure only on the machine itself', async () => {
    const { email } = await registered();
    const here = callerOf(gateway, '127.0.0.1', `127.0.0.1:${gateway.port}`);
    const reply = await here('/auth/login', { email, password: PASSWORD, session: 'cookie' });

    expect(reply.headers['set-cookie']![0]).not.toContain('Secure');
  });
});

describe('sign-ins', () => {
  it('are shown to their owner alone, and ended one by one', async () => {
    const { email, accessToken } = await registered();
    const stranger = await registered();
    const second = await login(email);

    const { body } = await gateway.get('/auth/sessions', bearer(accessToken));
    expect(body.nextCursor).toBeNull();
    expect(body.items).toHaveLength(2);
    const other = (body.items as { id: string; current: boolean }[]).find(({ current }) => !current)!;
    expect(other).toMatchObject({ method: 'password', address: '127.0.0.1', lastUsedAt: null });

    const end = (token: string) =>
      gateway.call(`/auth/sessions/${other.id}`, { method: 'DELETE', headers: bearer(token) });
    expect((await end(stranger.accessToken)).status).toBe(404);
    expect((await me(second.body.tokens.accessToken)).status).toBe(200);
    expect((await end(accessToken)).status).toBe(204);
    expect((await me(second.body.tokens.accessToken)).body.error.code).toBe('token_revoked');
    expect((await end(accessToken)).status).toBe(404);
  });

  it('end by signing out: this one, or all of them, and what hangs on them', async () => {
    const { email, accessToken, refreshToken, tenant } = await registered();
    const others = [await login(email), await login(email)].map(({ body }) => body.tokens);
    const out = (path: string, token: string) => gateway.call(path, { method: 'POST', headers: bearer(token) });

    const reply = await out('/auth/logout', accessToken);
    expect(reply.body).toEqual({ message: 'signed out' });
    expect(reply.headers['set-cookie']![0]).toMatch(/^doorward_refresh=; Path=\/auth; Max-Age=0;/);
    expect((await me(accessToken)).body.error.code).toBe('token_revoked');
    expect((await post('/auth/refresh', { refreshToken })).body.error.code).toBe('token_revoked');
    expect((await me(others[0].accessToken)).status).toBe(200);

    expect((await out('/auth/logout-all', others[0].accessToken)).status).toBe(200);
    for (const { accessToken: token } of others) expect((await me(token)).body.error.code).toBe('token_revoked');
    const actions = (await auditOf(tenant.id)).map(({ action }) => action);
    expect(actions.slice(-2)).toEqual(['user.logout', 'user.logout_all']);
  });

  it('are a hundred at most: the one that was not used for longest makes room', async () => {
    const { email, accessToken, user } = await registered();
    await world.rows(
      `INSERT INTO user_sessions (tenant_id, user_id, created_at, expires_at)
       SELECT tenant_id, id, now() + interval '1 second', now() + interval '1 day' FROM users, generate_series(1, 99)
        WHERE id = $1`,
      [user.id],
    );
    expect((await me(accessToken)).status).toBe(200);

    await login(email);

    expect((await me(accessToken)).body.error.code).toBe('token_revoked');
  });
});

describe('another password', () => {
  const change = (token: string, currentPassword: string, newPassword: string) =>
    post('/auth/change-password', { currentPassword, newPassword }, bearer(token));

  it('is set by who knows the old one, and ends every other sign-in', async () => {
    const { email, accessToken, tenant } = await registered();
    const other = await login(email);

    expect((await change(accessToken, PASSWORD, 'Another-Horse-8')).status).toBe(200);

    expect((await me(accessToken)).status).toBe(200);
    expect((await me(other.body.tokens.accessToken)).body.error.code).toBe('token_revoked');
    expect((await login(email)).status).toBe(401);
    expect((await login(email, 'Another-Horse-8')).status).toBe(200);
    expect((await auditOf(tenant.id)).map(({ action }) => action)).toContain('user.password_changed');
  });

  it('is not set by who does not, and the guesses count', async () => {
    const { email, accessToken } = await registered();
    for (let i = 0; i < 20; i++) {
      expect((await change(accessToken, 'Wrong-Horse-9', 'Another-Horse-8')).body.error.code).toBe('password_mismatch');
    }
    expect((await change(accessToken, PASSWORD, 'Another-Horse-8')).status).toBe(429);
    await world.forgive();
    expect((await login(email)).status).toBe(200);
  });

  it('must keep the rules', async () => {
    const { accessToken } = await registered();
    const { status, body } = await change(accessToken, PASSWORD, 'short');

    expect(status).toBe(400);
    expect(body.error.fields[0]).toEqual({ path: 'newPassword', message: 'must have 8 characters or more' });
  });
});
