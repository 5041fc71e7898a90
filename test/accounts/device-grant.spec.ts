import { randomUUID } from 'node:crypto';
import { digest } from '../../src/kernel/crypto.js';
import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { unknownToken, World } from '../helpers/world.js';
import { newTenant, postForm, type SignedIn, signedIn } from './signed-in.js';

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
const CLIENT = { client_id: 'a-client' };

let gateway: TestGateway;
let world: World;
let person: SignedIn;

const settings = (deviceGrant: object = {}) => ({
  gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' }, publicUrl: 'https://gateway.example.com/' },
  accounts: { deviceGrant: { pendingPerAddress: 1000, ...deviceGrant } },
});

beforeAll(async () => {
  gateway = await startGateway({ config: settings(), database: 'embedded' });
  world = new World(gateway);
  person = await signedIn(world);
});
afterAll(() => gateway.close());
afterEach(() => world.forgive());

interface Started {
  readonly device_code: string;
  readonly user_code: string;
}

async function begin(more: Record<string, string> = {}): Promise<Started> {
  const { status, body } = await postForm(gateway, '/oauth/device_authorization', { ...CLIENT, ...more });
  expect(status).toBe(200);
  return body as Started;
}

const poll = async ({ device_code }: Started, more: Record<string, string> = {}) =>
  postForm(gateway, '/oauth/token', { grant_type: DEVICE_CODE, device_code, ...CLIENT, ...more });
const error = async (started: Started, more?: Record<string, string>) => (await poll(started, more)).body.error;

const decide = ({ user_code: userCode }: Started, decision = 'approve', as = person) =>
  gateway.call('/auth/device', {
    method: 'POST',
    headers: bearer(as.accessToken),
    body: { userCode, decision },
  });
const look = (code: string, as = person) =>
  gateway.get(`/auth/device?user_code=${encodeURIComponent(code)}`, bearer(as.accessToken));

/** Pretends that time has passed since the last poll, or since the codes were made. */
const change = ({ device_code }: Started, what: string) =>
  world.rows(`UPDATE oauth_device_codes SET ${what} WHERE device_digest = $1`, [digest(device_code)]);

describe('a client that waits (RFC 8628)', () => {
  it('is given two codes and the page where one of them is typed', async () => {
    const { status, body, headers } = await postForm(gateway, '/oauth/device_authorization', CLIENT);

    expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
    expect(body).toEqual({
      device_code: expect.stringMatching(/^[\w-]{43}$/),
      user_code: expect.stringMatching(/^[B-Z]{4}-[B-Z]{4}$/),
      verification_uri: 'https://gateway.example.com/device',
      verification_uri_complete: `https://gateway.example.com/device?user_code=${body.user_code}`,
      expires_in: 600,
      interval: 5,
    });
  });

  it('leaves nothing of its codes but digests', async () => {
    const { device_code, user_code } = await begin();
    const rows = JSON.stringify(await world.rows('SELECT * FROM oauth_device_codes'));

    expect(rows).not.toContain(device_code);
    expect(rows).not.toContain(user_code);
    expect(rows).toContain(digest(device_code));
  });

  it('hears nothing until somebody decides, and gets its token once', async () => {
    const started = await begin({ scope: 'operator.read' });
    expect(await error(started)).toBe('authorization_pending');
    expect((await decide(started)).status).toBe(204);

    const { status, body, headers } = await poll(started);
    expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
    expect(body).toEqual({
      access_token: expect.stringMatching(/^[0-9a-f]{64}$/),
      token_type: 'Bearer',
      expires_in: expect.any(Number),
      scope: 'operator.read',
    });
    const { body: me } = await gateway.get('/api/v1/whoami', bearer(body.access_token as string));
    expect(me).toMatchObject({ user: person.email, tenantId: person.tenantId, scopes: ['operator.read'] });

    expect(await error(started)).toBe('invalid_grant');
  });

  it('gets its token once, however many polls come at once', async () => {
    const started = await begin();
    await decide(started);
    const answers = await Promise.all(Array.from({ length: 8 }, () => poll(started)));

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(new Set(answers.filter(({ status }) => status !== 200).map(({ body }) => body.error))).toEqual(
      new Set(['invalid_grant']),
    );
  });

  it('is told to slow down, five seconds more each time, and heard when it did', async () => {
    const started = await begin();
    expect(await error(started)).toBe('authorization_pending');
    expect(await error(started)).toBe('slow_down');
    await change(started, `polled_at = now() - interval '6 seconds'`);
    expect(await error(started)).toBe('slow_down');
    await change(started, `polled_at = now() - interval '16 seconds'`);
    expect(await error(started)).toBe('authorization_pending');
  });

  it('hears that it was turned away', async () => {
    const started = await begin();
    expect((await decide(started, 'deny')).status).toBe(204);
    expect(await error(started)).toBe('access_denied');
    expect((await decide(started)).status).toBe(404);
  });

  it('hears that its code has expired, and nobody can let it in any more', async () => {
    const started = await begin();
    await change(started, `expires_at = now()`);
    expect(await error(started)).toBe('expired_token');
    expect((await decide(started)).status).toBe(404);

    const approved = await begin();
    await decide(approved);
    await change(approved, `expires_at = now()`);
    expect(await error(approved)).toBe('expired_token');
  });

  it('cannot take the code of another client, nor guess one', async () => {
    const started = await begin();
    await decide(started);
    expect(await error(started, { client_id: 'somebody-else' })).toBe('invalid_grant');
    expect(await world.failures()).toEqual([]);
    expect(await error({ ...started, device_code: unknownToken() })).toBe('invalid_grant');
    expect((await world.failures()).map(({ failures }) => failures)).toEqual([1]);
    expect((await poll(started)).status).toBe(200);
  });

  it('must say its name', async () => {
    const nameless = await postForm(gateway, '/oauth/device_authorization', {});
    expect([nameless.status, nameless.body.error]).toEqual([400, 'invalid_request']);
    const { device_code } = await begin();
    const polled = await postForm(gateway, '/oauth/token', { grant_type: DEVICE_CODE, device_code });
    expect([polled.status, polled.body.error]).toEqual([401, 'invalid_client']);
  });

  it('gets a refresh token only if it asks to stay signed in', async () => {
    const asks = await begin({ scope: 'operator.read offline_access' });
    await decide(asks);
    expect((await poll(asks)).body.refresh_token).toMatch(/^dwr_/);

    const asksNot = await begin();
    await decide(asksNot);
    expect((await poll(asksNot)).body).not.toHaveProperty('refresh_token');
  });

  it('is one of many at an address, and no more than may wait there', async () => {
    await world.rows('DELETE FROM oauth_device_codes');
    await world.configure(settings({ pendingPerAddress: 3 }));
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => postForm(gateway, '/oauth/device_authorization', CLIENT)),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 429, 429, 429]);
    const refused = answers.find(({ status }) => status === 429)!;
    expect([refused.body.error, refused.headers['retry-after']]).toEqual(['rate_limited', '60']);
    await world.configure(settings());
  });

  it('has a token as long as the configuration says', async () => {
    await world.configure(settings({ tokenLifeMs: 7 * 86_400_000 }));
    const started = await begin();
    await decide(started);
    const { body } = await poll(started);
    expect(body.expires_in).toBeGreaterThan(7 * 86_400 - 10);
    await world.configure(settings());
  });
});

describe('the person who lets it in', () => {
  it('sees what it is, whatever way the code is typed', async () => {
    const { user_code } = await begin({ scope: 'operator.read offline_access' });
    for (const typed of [user_code, user_code.toLowerCase(), user_code.replace('-', ' ')]) {
      const { status, body } = await look(typed);
      expect(status).toBe(200);
      expect(body).toMatchObject({ clientId: 'a-client', scopes: ['operator.read'], staysSignedIn: true });
      expect(body).toMatchObject({
        address: '127.0.0.1',
        createdAt: expect.any(String),
        expiresAt: expect.any(String),
      });
    }
  });

  it('must be signed in', async () => {
    const { user_code: userCode } = await begin();
    const body = { userCode, decision: 'approve' };
    for (const headers of [{}, bearer(HOUSE_TOKEN), bearer((await world.person('admin')).token)]) {
      expect((await gateway.get(`/auth/device?user_code=${userCode}`, headers)).status).toBe(401);
      expect((await gateway.call('/auth/device', { method: 'POST', headers, body })).status).toBe(401);
    }
  });

  it('decides once, and whoever is first', async () => {
    const other = await signedIn(world, { tenantId: await newTenant(world) });
    const started = await begin();
    const answers = await Promise.all([decide(started), decide(started, 'approve', other), decide(started, 'deny')]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 404, 404]);
  });

  it('lends it no more than they have', async () => {
    const started = await begin({ scope: 'operator.admin operator.read' });
    await decide(started);
    expect((await poll(started)).body.scope).toBe('operator.read');
  });

  it('ends it with all sign-ins of theirs', async () => {
    const one = await signedIn(world);
    const started = await begin();
    await decide(started, 'approve', one);
    const { access_token: token } = (await poll(started)).body as { access_token: string };
    const sessions = await world.rows<{ id: string; method: string }>(
      `SELECT id, method FROM user_sessions WHERE user_id = $1 AND method = 'device'`,
      [one.userId],
    );
    expect(sessions).toHaveLength(1);
    const change = { kind: 'session', id: sessions[0]!.id } as const;
    await world.change(change, 'UPDATE user_sessions SET revoked_at = now() WHERE id = $1');
    expect((await gateway.get('/api/v1/whoami', bearer(token))).body.error.code).toBe('token_revoked');
  });

  it('cannot let it in who was suspended meanwhile', async () => {
    const one = await signedIn(world);
    const started = await begin();
    await decide(started, 'approve', one);
    const change = { kind: 'user', id: one.userId } as const;
    await world.change(change, `UPDATE users SET status = 'suspended' WHERE id = $1`);
    const { status, body } = await poll(started);
    expect([status, body.error, body.code]).toEqual([400, 'invalid_grant', 'user_suspended']);
  });

  it('is in the audit, with what they let in', async () => {
    const started = await begin();
    await decide(started);
    const [row] = await world.rows(
      `SELECT actor, detail FROM audit_events WHERE action = 'device_grant.approved' ORDER BY seq DESC LIMIT 1`,
    );
    expect(row).toMatchObject({ actor: `user:${person.userId}`, detail: { client: 'a-client' } });
  });

  it('S102: who guesses codes is locked out, from whatever address', async () => {
    const { user_code } = await begin();
    const guess = () => look('BCDF-GHJK');
    for (let i = 0; i < 20; i += 1) expect((await guess()).status).toBe(404);
    expect((await guess()).status).toBe(429);
    // The right one comes too late.
    expect((await look(user_code)).status).toBe(429);

    // Somebody else at another address is not concerned; the guesser is, wherever they go.
    const elsewhere = { from: '127.0.0.9', headers: bearer(person.accessToken) };
    expect((await gateway.call(`/auth/device?user_code=${user_code}`, elsewhere)).status).toBe(429);
    const other = await signedIn(world);
    const theirs = { ...elsewhere, headers: bearer(other.accessToken) };
    expect((await gateway.call(`/auth/device?user_code=${user_code}`, theirs)).status).toBe(200);
    expect((await gateway.get(`/auth/device?user_code=${randomUUID()}`, bearer(HOUSE_TOKEN))).status).toBe(429);
  });
});
