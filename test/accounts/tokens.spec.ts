import { randomUUID } from 'node:crypto';
import { TokenUses } from '../../src/accounts/token-uses.js';
import { Connections } from '../../src/gateway/connections.js';
import { Database } from '../../src/storage/database.js';
import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { until } from '../helpers/until.js';
import { World } from '../helpers/world.js';
import { connected, DIALECTS, JSON_RPC, type WsClient } from '../helpers/ws-client.js';
import { exchanged, newTenant, serviceToken, signedIn } from './signed-in.js';

let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  gateway = await startGateway({
    config: { gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' } } },
    database: 'embedded',
  });
  world = new World(gateway);
});
afterAll(() => gateway.close());
afterEach(() => world.forgive());

const post = (path: string, token: string, body?: object) =>
  gateway.call(path, { method: 'POST', headers: bearer(token), body });
const remove = (path: string, token: string) => gateway.call(path, { method: 'DELETE', headers: bearer(token) });
const whoami = (token: string) => gateway.get('/api/v1/whoami', bearer(token));
const audited = (action: string, id: string) =>
  world.rows(`SELECT actor, detail, request_id FROM audit_events WHERE action = $1 AND target = $2`, [
    action,
    `gateway-token:${id}`,
  ]);

describe('POST /auth/gateway-token', () => {
  it('gives whoever signed in a token for an hour, shown once', async () => {
    const { accessToken, email, tenantId, userId } = await signedIn(world);
    const { status, body, headers } = await post('/auth/gateway-token', accessToken);

    expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
    expect(body).toEqual({
      gatewayToken: expect.stringMatching(/^[0-9a-f]{64}$/),
      expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    const left = Date.parse(body.expiresAt as string) - Date.now();
    expect(left).toBeGreaterThan(3_500_000);
    expect(left).toBeLessThanOrEqual(3_605_000);
    expect((await whoami(body.gatewayToken as string)).body).toEqual({
      method: 'gateway-token',
      subject: userId,
      user: email,
      tenantId,
      role: 'operator',
      scopes: ['operator.read', 'operator.write'],
    });
  });

  it('takes a label and narrower scopes', async () => {
    const { accessToken, email } = await signedIn(world);
    const token = await exchanged(gateway, accessToken, { label: 'laptop', scopes: ['operator.read'] });

    expect((await whoami(token)).body).toMatchObject({ user: email, scopes: ['operator.read'] });
    const { body } = await gateway.get('/auth/gateway-tokens', bearer(accessToken));
    expect(body.items).toMatchObject([{ label: 'laptop', kind: 'user', scopes: ['operator.read'] }]);
  });

  it('gives none that lasts longer than the sign-in', async () => {
    const { accessToken, sessionId } = await signedIn(world);
    const change = { kind: 'session', id: sessionId } as const;
    await world.change(change, `UPDATE user_sessions SET expires_at = now() + interval '5 minutes' WHERE id = $1`);
    const { body } = await post('/auth/gateway-token', accessToken);
    expect(Date.parse(body.expiresAt as string) - Date.now()).toBeLessThan(305_000);
  });

  // prettier-ignore
  it.each<[what: string, code: string, token: () => Promise<string | undefined>]>([
    ['nothing',                      'token_missing',  async () => undefined],
    ['a token that we never signed', 'token_mismatch', async () => 'a.b.c'],
    ['a gateway token',              'token_mismatch', async () => (await world.person()).token],
    ['the house key',                'token_mismatch', async () => HOUSE_TOKEN],
    ['a refresh token',              'token_mismatch', async () => (await signedIn(world)).refreshToken],
  ])('refuses %s', async (_what, code, make) => {
    const token = await make();
    const headers = token === undefined ? {} : bearer(token);
    const { status, body } = await gateway.call('/auth/gateway-token', { method: 'POST', headers });
    expect([status, body.error.code]).toEqual([401, code]);
    expect((await world.failures()).length).toBe(code === 'token_mismatch' ? 1 : 0);
  });

  it('S142: twenty wrong ones lock the address, for a right one too', async () => {
    const { accessToken } = await signedIn(world);
    for (let i = 0; i < 20; i += 1) expect((await post('/auth/gateway-token', 'a.b.c')).status).toBe(401);
    const { status, headers } = await post('/auth/gateway-token', accessToken);
    expect([status, Number(headers['retry-after']) > 0]).toEqual([429, true]);
  });

  it('is in the audit, with whose it is', async () => {
    const { accessToken, userId } = await signedIn(world);
    await exchanged(gateway, accessToken, { label: 'for the audit' });
    const { body } = await gateway.get('/auth/gateway-tokens', bearer(accessToken));
    const [row] = await audited('gateway_token.created', body.items[0].id as string);
    expect(row).toMatchObject({ actor: `user:${userId}`, detail: { kind: 'user', label: 'for the audit' } });
    expect(row!['request_id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('my gateway tokens', () => {
  it('are mine alone, newest first, page by page', async () => {
    const me = await signedIn(world);
    for (const label of ['one', 'two', 'three']) await exchanged(gateway, me.accessToken, { label });
    await exchanged(gateway, (await signedIn(world)).accessToken, { label: 'not mine' });

    const first = await gateway.get('/auth/gateway-tokens?limit=2', bearer(me.accessToken));
    expect(first.body.items.map(({ label }: { label: string }) => label)).toEqual(['three', 'two']);
    const cursor = first.body.nextCursor as string;
    const second = await gateway.get(`/auth/gateway-tokens?limit=2&cursor=${cursor}`, bearer(me.accessToken));
    expect(second.body).toMatchObject({ items: [{ label: 'one' }], nextCursor: null });
  });

  it('can be ended by me, and by nobody else', async () => {
    const [me, other] = [await signedIn(world), await signedIn(world)];
    const token = await exchanged(gateway, me.accessToken);
    const { body } = await gateway.get('/auth/gateway-tokens', bearer(me.accessToken));
    const { id } = body.items[0] as { id: string };

    expect((await remove(`/auth/gateway-tokens/${id}`, other.accessToken)).status).toBe(404);
    expect((await whoami(token)).status).toBe(200);
    for (let i = 0; i < 2; i += 1)
      expect((await remove(`/auth/gateway-tokens/${id}`, me.accessToken)).status).toBe(204);
    expect((await whoami(token)).body.error.code).toBe('token_revoked');
    expect(await audited('gateway_token.revoked', id)).toMatchObject([{ actor: `user:${me.userId}` }]);
  });
});

describe('service tokens', () => {
  const wish = { kind: 'service', label: 'nightly', scopes: ['operator.read'], expiresIn: 30 * 86_400 };

  it('are a machine’s: with a label, scopes of their own and an end', async () => {
    const { status, body, headers } = await post('/api/v1/tokens', HOUSE_TOKEN, wish);

    expect([status, headers['cache-control']]).toEqual([201, 'no-store']);
    expect(body).toMatchObject({ kind: 'service', label: 'nightly', scopes: ['operator.read'] });
    expect(Date.parse(body.expiresAt as string) - Date.now()).toBeGreaterThan(29 * 86_400_000);
    const { body: me } = await whoami(body.token as string);
    expect(me).toEqual({
      method: 'gateway-token',
      subject: `service:${body.id}`,
      tenantId: body.tenantId,
      role: 'operator',
      scopes: ['operator.read'],
    });
    expect((await post('/api/v1/tokens', body.token as string, wish)).status).toBe(403);
    expect(await audited('gateway_token.created', body.id as string)).toMatchObject([
      { actor: 'token:token', detail: { kind: 'service', label: 'nightly', scopes: ['operator.read'] } },
    ]);
  });

  // prettier-ignore
  it.each([
    ['label',     { label: undefined }],
    ['scopes',    { scopes: undefined }],
    ['scopes',    { scopes: [] }],
    ['scopes',    { scopes: ['operator.all'] }],
    ['expiresIn', { expiresIn: undefined }],
    ['expiresIn', { expiresIn: 6 * 365 * 86_400 }],
    ['user',      { user: 'ana@example.com' }],
    ['kind',      { kind: 'robot' }],
  ])('say what is wrong with %s', async (path, wrong) => {
    const { status, body } = await post('/api/v1/tokens', HOUSE_TOKEN, { ...wish, ...wrong });
    expect([status, body.error.code, body.error.fields[0].path]).toEqual([400, 'invalid_request', path]);
  });

  it('hang on the standing of whoever made them: what a person may no longer do, their machines may not', async () => {
    const tenantId = await newTenant(world);
    const maker = await signedIn(world, { role: 'admin', tenantId });
    const admin = await exchanged(gateway, maker.accessToken);
    const { token } = await serviceToken(gateway, admin, { scopes: ['operator.admin'] });
    expect((await whoami(token)).body.scopes).toEqual(['operator.admin']);
    const become = (what: string) =>
      world.change({ kind: 'user', id: maker.userId }, `UPDATE users SET ${what} WHERE id = $1`);

    await become(`role = 'member'`);
    expect((await whoami(token)).body.error.message).toBe('missing scope: operator.read');
    await become(`status = 'suspended'`);
    expect((await whoami(token)).body.error.code).toBe('user_suspended');
    await become(`status = 'active', role = 'admin'`);
    expect((await whoami(token)).body.scopes).toEqual(['operator.admin']);
  });

  it('outlive the sign-in of whoever made them', async () => {
    const tenantId = await newTenant(world);
    const maker = await signedIn(world, { role: 'admin', tenantId });
    const { token } = await serviceToken(gateway, await exchanged(gateway, maker.accessToken));
    const change = { kind: 'session', id: maker.sessionId } as const;
    await world.change(change, 'UPDATE user_sessions SET revoked_at = now() WHERE id = $1');
    expect((await whoami(token)).status).toBe(200);
  });

  it('are made by admins alone', async () => {
    const { token } = await world.person('member');
    expect((await post('/api/v1/tokens', token, wish)).body.error.message).toBe('missing scope: operator.admin');
  });
});

describe('the label of a token', () => {
  const rename = (id: string, label: unknown, by: string) =>
    gateway.call(`/api/v1/tokens/${id}`, { method: 'PATCH', headers: bearer(by), body: { label } });

  it('is changed by an admin of its tenant, and nothing else ends with that', async () => {
    const { id, token } = await world.person();
    const { client } = await connected(gateway, JSON_RPC, { auth: { token } });
    const { status, body } = await rename(id, 'the new one', HOUSE_TOKEN);

    expect([status, body.label, body.id]).toEqual([200, 'the new one', id]);
    expect((await client.ask(JSON_RPC.call(2, 'health'))).id).toBe(2);
    client.close();
  });

  it('is nobody else’s to change', async () => {
    const { id } = await world.person();
    const foreign = await world.tenantToken('admin');
    expect((await rename(id, 'mine now', foreign.token)).status).toBe(404);
    expect((await rename(randomUUID(), 'x', HOUSE_TOKEN)).status).toBe(404);
    expect((await rename(id, '', HOUSE_TOKEN)).body.error.fields[0].path).toBe('label');
    expect((await rename('x', 'x', HOUSE_TOKEN)).status).toBe(400);
  });
});

describe('the last use of a token', () => {
  const lastUse = async (id: string) =>
    (await world.rows<{ at: Date | null }>('SELECT last_used_at AS at FROM gateway_tokens WHERE id = $1', [id]))[0]!.at;

  it('is written for all of them at once, a minute later at the latest', async () => {
    const [one, other, unused] = [await world.person(), await world.person(), await world.person()];
    await whoami(one.token);
    const { client } = await connected(gateway, JSON_RPC, { auth: { token: other.token } });
    client.close();
    expect([await lastUse(one.id), await lastUse(other.id)]).toEqual([null, null]);

    const query = jest.spyOn(world.get(Database), 'query');
    gateway.clock.advance(60_000);
    await until('the note', async () => (await lastUse(one.id)) !== null);
    const writes = query.mock.calls.filter(([sql]) => sql.includes('SET last_used_at'));
    query.mockRestore();

    expect(writes).toHaveLength(1);
    expect(await lastUse(other.id)).not.toBeNull();
    expect(await lastUse(unused.id)).toBeNull();
  });

  it('fails no request when it cannot be written, and comes with the next note', async () => {
    const { id, token } = await world.person();
    await whoami(token);
    const database = world.get(Database);
    const query = jest.spyOn(database, 'query').mockRejectedValueOnce(new Error('no room on the disk'));
    await world.get(TokenUses).flush();
    query.mockRestore();
    expect((await whoami(token)).status).toBe(200);
    await world.get(TokenUses).flush();
    expect(await lastUse(id)).not.toBeNull();
  });

  it('goes neither back nor into the future, whatever our clock says', async () => {
    const { id, token } = await world.person();
    await whoami(token);
    await world.get(TokenUses).flush();
    const first = (await lastUse(id))!;
    world.get(TokenUses).note(id, gateway.clock.now() - 3_600_000);
    await world.get(TokenUses).flush();
    expect(await lastUse(id)).toEqual(first);
    world.get(TokenUses).note(id, gateway.clock.now() + 3_600_000);
    await world.get(TokenUses).flush();
    expect((await lastUse(id))!.getTime()).toBeLessThan(Date.now() + 5000);
  });
});

describe('an open socket', () => {
  const enter = async (token: string): Promise<WsClient> =>
    (await connected(gateway, JSON_RPC, { auth: { token } })).client;

  it.each(DIALECTS)('ends with the sign-in that its token hangs on: $name', async (speech) => {
    const { accessToken, sessionId, email } = await signedIn(world);
    const other = await signedIn(world);
    const token = await exchanged(gateway, accessToken);
    const { client } = await connected(gateway, speech, { auth: { token } });
    const staying = await enter(await exchanged(gateway, other.accessToken));
    expect(email).toBeDefined();

    await world.rows('UPDATE user_sessions SET revoked_at = now() WHERE id = $1', [sessionId]);
    expect(await client.closed).toMatchObject({ code: 1008, reason: expect.stringMatching(/^unauthorized/) });
    expect(await staying.ask(JSON_RPC.call(2, 'health'))).toMatchObject({ id: 2 });
    staying.close();
  });

  it('goes on when its sign-in is renewed', async () => {
    const { accessToken, sessionId } = await signedIn(world);
    const client = await enter(await exchanged(gateway, accessToken));
    const change = { kind: 'session', id: sessionId } as const;
    await world.change(change, `UPDATE user_sessions SET expires_at = expires_at + interval '1 day' WHERE id = $1`);
    expect(await client.ask(JSON_RPC.call(2, 'health'))).toMatchObject({ id: 2 });
    client.close();
  });

  it('ends when its sign-in is cut short', async () => {
    const { accessToken, sessionId } = await signedIn(world);
    const client = await enter(await exchanged(gateway, accessToken));
    await world.rows(`UPDATE user_sessions SET expires_at = now() WHERE id = $1`, [sessionId]);
    expect(await client.closed).toMatchObject({ code: 1008 });
  });

  it('of a machine ends when whoever made its token is suspended', async () => {
    const tenantId = await newTenant(world);
    const maker = await signedIn(world, { role: 'admin', tenantId });
    const { token } = await serviceToken(gateway, await exchanged(gateway, maker.accessToken));
    const client = await enter(token);
    await world.rows(`UPDATE users SET status = 'suspended' WHERE id = $1`, [maker.userId]);
    expect(await client.closed).toMatchObject({ code: 1008 });
  });

  it('ends by a revocation that late arrivals are compared with (S234)', async () => {
    const { accessToken, sessionId } = await signedIn(world);
    const token = await exchanged(gateway, accessToken);
    const connections = world.get(Connections);
    const before = connections.epoch;
    const client = await enter(token);
    expect([...connections].some(({ identity }) => identity.sessionId === sessionId)).toBe(true);
    await world.rows('UPDATE user_sessions SET revoked_at = now() WHERE id = $1', [sessionId]);
    await client.closed;
    // Whoever was judged before, and comes to be registered now, is found out by the number of that revocation.
    expect(connections.epoch).toBeGreaterThan(before);
  });
});
