import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AuditService } from '../../src/audit/audit.service.js';
import { GatewayTokensService } from '../../src/accounts/gateway-tokens.service.js';
import { UserSessionsService } from '../../src/accounts/user-sessions.service.js';
import { MethodTable } from '../../src/gateway/method-table.js';
import { PairingService } from '../../src/pairing/pairing.service.js';
import { type Belongings, household, type Household, nothing, rowsOf } from '../helpers/belongings.js';
import { HOUSE, HOUSE_TOKEN, type Reply, startGateway, type TestGateway } from '../helpers/gateway.js';
import { askToPair } from '../helpers/pairing.js';
import { ELSEWHERE, World } from '../helpers/world.js';
import { connected, type Frame, NATIVE } from '../helpers/ws-client.js';
import { everyRoute, OAUTH_PATHS } from '../security/routes.js';

/** A request that names something of a tenant. `as` is the credential of the caller: `admin` is a gateway token. */
interface Example {
  readonly as?: 'admin' | 'account' | 'service' | 'nobody';
  /** For each `:parameter` of the path. */
  readonly path?: Readonly<Record<string, keyof Belongings>>;
  readonly query?: Readonly<Record<string, keyof Belongings>>;
  /** JSON, or for OAuth a form. */
  readonly body?: (of: Belongings) => Readonly<Record<string, unknown>>;
}

const id = (name: keyof Belongings, more: Example = {}): Example => ({ path: { id: name }, ...more });
const cursor = (name: keyof Belongings, more: Example = {}): Example => ({ query: { cursor: name }, ...more });
const IN_TENANT: Example = { query: { tenant: 'tenantId' } };
const email = (address: string): Record<string, string> => ({ email: address });

/**
 * How each route is asked for what belongs to another tenant. A route with a parameter that is not here fails the walk,
 * and so does one that changes something, unless it is closed to tenants: whoever adds it says by which name it could reach
 * into another tenant.
 */
// prettier-ignore
const ROUTES: Readonly<Record<string, readonly Example[]>> = {
  'GET /api/v1/auth/decisions/:requestId':              [{ path: { requestId: 'decisionId' } }],
  'GET /api/v1/tokens':                                 [cursor('tokenId')],
  'POST /api/v1/tokens':                                [{ body: (of) => ({ user: of.email }) }],
  'PATCH /api/v1/tokens/:id':                           [id('tokenId', { body: () => ({ label: 'mine' }) })],
  'DELETE /api/v1/tokens/:id':                          [id('tokenId')],
  'POST /api/v1/devices/pending/:requestId/approve':    [{ path: { requestId: 'waitingId' } }, { path: { requestId: 'waitingNodeId' } }],
  'POST /api/v1/devices/pending/:requestId/reject':     [{ path: { requestId: 'waitingId' } }],
  'GET /api/v1/devices':                                [cursor('deviceId')],
  'GET /api/v1/devices/:id':                            [id('deviceId'), id('nodeId')],
  'PATCH /api/v1/devices/:id':                          [id('deviceId', { body: () => ({ displayName: 'mine' }) })],
  'DELETE /api/v1/devices/:id':                         [id('deviceId'), id('nodeId')],
  'POST /api/v1/devices/:id/token/rotate':              [id('deviceId', { body: () => ({ deliver: true }) })],
  'POST /api/v1/devices/:id/token/revoke':              [id('deviceId'), id('nodeId', { body: () => ({ role: 'node' }) })],
  'GET /api/v1/users':                                  [cursor('userId'), IN_TENANT, { query: { q: 'email' } }],
  'POST /api/v1/users':                                 [{ ...IN_TENANT, body: () => email('new@example.com') }],
  'GET /api/v1/users/:id':                              [id('userId'), id('userId', IN_TENANT)],
  'PATCH /api/v1/users/:id':                            [id('userId', { body: () => ({ role: 'owner' }) }), id('userId', { ...IN_TENANT, body: () => ({ status: 'suspended' }) })],
  'DELETE /api/v1/users/:id':                           [id('userId'), id('userId', IN_TENANT)],
  'DELETE /api/v1/users/:id/sessions':                  [id('userId'), id('userId', IN_TENANT)],
  'GET /api/v1/users/invitations':                      [cursor('invitationId'), IN_TENANT],
  'POST /api/v1/users/invitations':                     [{ body: (of) => email(of.email) }, { ...IN_TENANT, body: () => email('new@example.com') }],
  'DELETE /api/v1/users/invitations/:id':               [id('invitationId'), id('invitationId', IN_TENANT)],
  'GET /api/v1/tenants':                                [cursor('tenantId')],
  'POST /api/v1/tenants':                               [{ body: () => ({ name: 'mine' }) }],
  'GET /api/v1/tenants/:id':                            [id('tenantId')],
  'PATCH /api/v1/tenants/:id':                          [id('tenantId', { body: () => ({ name: 'mine' }) }), id('tenantId', { body: () => ({ status: 'suspended' }) })],
  'GET /api/v1/audit':                                  [cursor('auditPlace'), IN_TENANT],
  'GET /api/v1/audit/verify':                           [IN_TENANT],
  'GET /api/v1/budgets':                                [cursor('budgetId'), IN_TENANT],
  'GET /api/v1/budgets/:budget':                        [{ path: { budget: 'budgetId' } }, { path: { budget: 'budgetName' } }, { ...IN_TENANT, path: { budget: 'budgetName' } }],
  'PUT /api/v1/budgets/:budget':                        [{ path: { budget: 'budgetId' }, body: () => ({ tokens: 1 }) }, { path: { budget: 'budgetName' }, body: () => ({ tokens: 1 }) }, { ...IN_TENANT, path: { budget: 'budgetName' }, body: () => ({ tokens: 1 }) }],
  'DELETE /api/v1/budgets/:budget':                     [{ path: { budget: 'budgetId' } }, { path: { budget: 'budgetName' } }, { ...IN_TENANT, path: { budget: 'budgetName' } }],
  'GET /api/v1/usage':                                  [IN_TENANT, { query: { user: 'userId' } }, { query: { user: 'email' } }, { query: { device: 'deviceId' } }],
  'GET /api/v1/sessions':                               [cursor('chatId'), { query: { search: 'chatKey' } }],
  'DELETE /api/v1/sessions/:key':                        [{ path: { key: 'chatKey' } }, { path: { key: 'chatId' } }],
  'POST /api/v1/sessions/:key/reset':                   [{ path: { key: 'chatKey' } }, { path: { key: 'chatId' } }],
  'GET /sessions/:key/history':                         [{ path: { key: 'chatKey' } }, { path: { key: 'chatId' } }],
  'POST /sessions/:key/kill':                           [{ path: { key: 'chatKey' } }, { path: { key: 'chatId' } }],
  'GET /auth/gateway-tokens':                           [cursor('tokenId', { as: 'account' })],
  'DELETE /auth/gateway-tokens/:id':                    [id('tokenId', { as: 'account' })],
  'DELETE /auth/sessions/:id':                          [id('sessionId', { as: 'account' })],
  'POST /oauth/introspect':                             [{ as: 'service', body: ({ token }) => ({ token }) }, { as: 'service', body: ({ accessToken: token }) => ({ token }) }, { as: 'service', body: ({ refreshToken: token }) => ({ token }) }],
  'POST /oauth/revoke':                                 [{ as: 'service', body: ({ token }) => ({ token }) }, { as: 'service', body: ({ refreshToken: token }) => ({ token }) }],
};

/**
 * What takes no name of anything that belongs to a tenant: it is about the caller alone, or judges by a secret that is
 * the way in itself (a password, a code of a mail). What concerns the whole house is found by its refusal.
 */
const NOTHING_TO_NAME = new Set([
  'POST /api/v1/devices/invites',
  'GET /assets/:file',
  'POST /auth/change-password',
  'POST /auth/device',
  'POST /auth/gateway-token',
  'POST /auth/login',
  'POST /auth/logout',
  'POST /auth/logout-all',
  'POST /auth/refresh',
  'POST /auth/register',
  'POST /auth/resend-verification',
  'POST /auth/reset-password/confirm',
  'POST /auth/reset-password/request',
  'POST /auth/verify-email',
  'GET /auth/oidc/:provider/start',
  'GET /auth/oidc/:provider/callback',
  'POST /auth/oidc/:provider/link',
  // What they name is an agent or a model of the house; which of them are open to whom, test/chat/api-models.spec.ts tries.
  'POST /v1/chat/completions',
  'POST /v1/embeddings',
  'POST /v1/responses',
  'POST /oauth/token',
  'POST /oauth/device_authorization',
]);

/** The same for the methods of a WebSocket: every one that takes parameters. */
const METHODS: Readonly<Record<string, readonly ((of: Belongings) => Readonly<Record<string, unknown>>)[]>> = {
  'device.pair.approve': [({ waitingId: requestId }) => ({ requestId })],
  'device.pair.reject': [({ waitingId: requestId }) => ({ requestId })],
  'device.pair.remove': [({ deviceId }) => ({ deviceId })],
  'device.pair.rename': [({ deviceId }) => ({ deviceId, label: 'mine' })],
  'device.token.rotate': [({ deviceId }) => ({ deviceId, role: 'operator' }), ({ deviceId }) => ({ deviceId })],
  'device.token.revoke': [({ deviceId }) => ({ deviceId, role: 'operator' }), ({ nodeId: deviceId }) => ({ deviceId })],
  'node.pair.request': [({ nodeId }) => ({ nodeId }), ({ deviceId: nodeId }) => ({ nodeId })],
  'node.pair.claim': [({ waitingNodeId: requestId, claimSecret }) => ({ requestId, claimSecret }), ({ waitingNodeId: requestId }) => ({ requestId, claimSecret: 'wrong' })],
  'node.pair.approve': [({ waitingNodeId: requestId }) => ({ requestId })],
  'node.pair.reject': [({ waitingNodeId: requestId }) => ({ requestId })],
  'node.pair.verify': [({ nodeId, nodeToken: token }) => ({ nodeId, token })],
  'node.pair.remove': [({ nodeId }) => ({ nodeId })],
  'node.rename': [({ nodeId }) => ({ nodeId, displayName: 'mine' })],
  'models.authStatus': [({ tenantId: agent }) => ({ agent })],
  'models.status': [({ tenantId: agent }) => ({ agent })],
  'chat.send': [({ chatKey }) => ({ sessionKey: chatKey, message: 'x', idempotencyKey: 'x' }), ({ chatId }) => ({ sessionKey: chatId, message: 'x', idempotencyKey: 'x' })],
  'chat.history': [({ chatKey }) => ({ sessionKey: chatKey }), ({ chatId }) => ({ sessionKey: chatId })],
  'chat.abort': [({ chatKey }) => ({ sessionKey: chatKey }), ({ chatId }) => ({ sessionKey: chatId })],
  'sessions.list': [({ chatKey }) => ({ search: chatKey })],
  'sessions.patch': [({ chatKey }) => ({ key: chatKey, label: 'mine' }), ({ chatId }) => ({ key: chatId, label: 'mine' })],
  'sessions.delete': [({ chatKey }) => ({ key: chatKey }), ({ chatId }) => ({ key: chatId })],
  'models.list': [() => ({ view: 'all' })],
  'sessions.reset': [({ chatKey }) => ({ key: chatKey }), ({ chatId }) => ({ key: chatId })],
}; // prettier-ignore

let gateway: TestGateway;
let world: World;
let a: Household;
let b: Household;
let credentials: Readonly<Record<NonNullable<Example['as']>, Readonly<Record<string, string>>>>;

beforeAll(async () => {
  gateway = await startGateway({ config: { gateway: { auth: { token: HOUSE_TOKEN } } }, database: 'embedded' });
  world = new World(gateway);
  [a, b] = [await household(world, gateway), await household(world, gateway)];
  const { userId, email: address, tenantId, headers } = b.owner;
  const owner = { id: userId, tenantId, email: address, role: 'owner' } as const;
  const { tokens } = await world.get(UserSessionsService).start(owner, { method: 'password' });
  const service = await world
    .get(GatewayTokensService)
    .create({ kind: 'service', label: 'b', userId, tenantId, expiresIn: 3600, scopes: ['operator.admin'] });
  credentials = {
    admin: headers,
    account: { ...ELSEWHERE, authorization: `Bearer ${tokens.accessToken}` },
    service: { ...ELSEWHERE, authorization: `Bearer ${service.token}` },
    nobody: ELSEWHERE,
  };
});
afterAll(() => gateway.close());
beforeEach(() => world.forgive()); // a token of another tenant that is shown to OAuth counts as a guess

/** Asks as the other tenant does. */
async function ask(
  route: string,
  { as = 'admin', path = {}, query = {}, body }: Example,
  of: Belongings,
): Promise<Reply> {
  const [method, pattern] = route.split(' ') as [string, string];
  const filled = pattern.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(of[path[name]!] ?? name));
  const search = new URLSearchParams(Object.entries(query).map(([name, what]) => [name, of[what]]));
  const headers = credentials[as];
  const isForm = OAUTH_PATHS.includes(pattern);
  const payload = body?.(of) ?? (method === 'POST' || method === 'PATCH' ? {} : undefined);
  return gateway.call(`${filled}${search.size > 0 ? `?${search}` : ''}`, {
    method,
    headers: isForm ? { ...headers, 'content-type': 'application/x-www-form-urlencoded' } : headers,
    body: isForm && payload ? new URLSearchParams(payload as Record<string, string>).toString() : payload,
  });
}

/** What was said, without what differs from one request to the next and without the names that were asked for. */
function said(text: string, of: Belongings): string {
  let plain = text;
  for (const [what, value] of Object.entries(of)) plain = plain.replaceAll(value as string, `<${what}>`);
  return plain
    .replace(/"requestId":"[0-9a-f-]{36}"/g, '"requestId":"…"')
    .replace(/"(id|code|link|claimSecret|createdAt|expiresAt)":"[^"]*"/g, '"$1":"…"')
    .replace(/"(ts|expiresAtMs)":\d+/g, '"$1":0');
}

const outcome = ({ status, text }: Reply, of: Belongings): unknown => ({ status, said: said(text, of) });

/** Values of A that nobody outside may ever be shown, beside those that the question itself held. */
function shows(text: string, asked: string): string[] {
  const values = [...Object.values(a.things), ...a.words, a.owner.email, a.owner.userId];
  return (values as string[]).filter((value) => text.includes(value) && !asked.includes(value));
}

const routes = () => everyRoute(gateway).filter(({ method }) => method !== 'HEAD');
const keyOf = ({ method, path }: { method: string; path: string }): string => `${method} ${path}`;

describe('S078: with a foreign credential', () => {
  it('every route has its example, or nothing to name, or is closed to all but the house', async () => {
    const others = routes()
      .filter(({ method, path }) => method !== 'GET' || path.includes(':'))
      .filter((route) => !(keyOf(route) in ROUTES) && !NOTHING_TO_NAME.has(keyOf(route)));
    const forgotten: string[] = [];
    for (const route of others) {
      const headers = credentials.admin;
      const { body } = await gateway.call(route.url, { method: route.method, headers, body: {} });
      if (body?.error?.code !== 'missing_scope') forgotten.push(keyOf(route));
    }
    expect(forgotten).toEqual([]);
    expect(others.map(keyOf)).toContain('DELETE /api/v1/rate-limits/:address');

    for (const [route, examples] of Object.entries(ROUTES)) {
      const parameters = [...route.matchAll(/:(\w+)/g)].map(([, name]) => name);
      for (const { path = {} } of examples) expect(Object.keys(path)).toEqual(parameters);
    }
  });

  it('every example belongs to a route', () => {
    const known = new Set(routes().map(keyOf));
    expect(Object.keys(ROUTES).filter((route) => !known.has(route))).toEqual([]);
  });

  it('the owner reads all of it: what is asked for is there', async () => {
    const mine = { ...credentials };
    credentials = { ...credentials, admin: a.owner.headers };
    const there = [
      'GET /api/v1/devices/:id',
      'GET /api/v1/users/:id',
      'GET /api/v1/tenants/:id',
      'GET /api/v1/auth/decisions/:requestId',
    ];
    for (const route of there)
      expect([route, (await ask(route, ROUTES[route]![0]!, a.things)).status]).toEqual([route, 200]);
    credentials = mine;
  });

  it.each(
    Object.entries(ROUTES).flatMap(([route, examples]) => examples.map((example, n) => [route, n, example] as const)),
  )('%s (%i): nothing is read or changed, and the answer is that for what never was', async (route, _n, example) => {
    const before = await rowsOf(world, a.things.tenantId);
    const never = nothing();
    const asked = JSON.stringify([namesIn(example), example.body?.(a.things)]);
    const foreign = await ask(route, example, a.things);
    const unknown = await ask(route, example, never);

    expect(outcome(foreign, a.things)).toEqual(outcome(unknown, never));
    expect(foreign.status).not.toBe(500);
    expect(shows(foreign.text, asked)).toEqual([]);
    expect(await rowsOf(world, a.things.tenantId)).toBe(before);
  });

  it('every list shows the caller its own alone', async () => {
    const lists = routes().filter(
      ({ method, path }) => method === 'GET' && !path.includes(':') && !path.startsWith('/docs'),
    );
    expect(lists.length).toBeGreaterThan(15);
    // What it asked in above, under an address of A, is its own.
    await world.rows('DELETE FROM user_invitations WHERE tenant_id = $1', [b.things.tenantId]);
    await world.get(AuditService).flush();
    await world.rows('DELETE FROM audit_events WHERE tenant_id = $1', [b.things.tenantId]);
    for (const { path } of lists) {
      const { text } = await gateway.get(path, credentials[path.startsWith('/auth/') ? 'account' : 'admin']);
      expect([path, shows(text, '')]).toEqual([path, []]);
    }
  });

  it('every method that takes parameters has its example', () => {
    const taking = world
      .get(MethodTable)
      .all()
      .filter(({ params }) => params !== undefined);
    expect(taking.map(({ name }) => name).filter((name) => !(name in METHODS))).toEqual([]);
    const known = new Set(
      world
        .get(MethodTable)
        .all()
        .map(({ name }) => name),
    );
    expect(Object.keys(METHODS).filter((name) => !known.has(name))).toEqual([]);
  });

  it.each(
    Object.entries(METHODS).flatMap(([name, examples]) => examples.map((params, n) => [name, n, params] as const)),
  )('%s (%i): nothing is read or changed, and the answer is that for what never was', async (name, _n, params) => {
    const { client } = await connected(gateway, NATIVE, { auth: { token: b.owner.token } }, { headers: ELSEWHERE });
    const before = await rowsOf(world, a.things.tenantId);
    const never = nothing();
    const foreign: Frame = await client.ask(NATIVE.call(2, name, params(a.things)));
    const unknown: Frame = await client.ask(NATIVE.call(2, name, params(never)));
    client.close();

    const [one, other] = [foreign, unknown].map((frame) => JSON.stringify(frame));
    expect(said(one!, a.things)).toBe(said(other!, never));
    expect(shows(one!, JSON.stringify(params(a.things)))).toEqual([]);
    expect(await rowsOf(world, a.things.tenantId)).toBe(before);
  });

  it('every method without parameters shows the caller its own alone', async () => {
    // What it was asked for above under the same names is its own.
    await world.rows('DELETE FROM pairing_requests WHERE tenant_id = $1', [b.things.tenantId]);
    const watcher = await connected(gateway, NATIVE, { auth: { token: a.owner.token } }, { headers: ELSEWHERE });
    const { client, hello } = await connected(
      gateway,
      NATIVE,
      { auth: { token: b.owner.token } },
      { headers: ELSEWHERE },
    );
    expect(shows(JSON.stringify(hello), '')).toEqual([]);
    for (const { name, params } of world.get(MethodTable).all()) {
      if (params) continue;
      const answer: Frame = await client.ask(NATIVE.call(3, name, {}));
      expect([name, shows(JSON.stringify(answer), '')]).toEqual([name, []]);
    }
    client.close();
    watcher.client.close();
  });

  it('no event of one tenant reaches another', async () => {
    const mine = await connected(gateway, NATIVE, { auth: { token: a.owner.token } }, { headers: ELSEWHERE });
    const theirs = await connected(gateway, NATIVE, { auth: { token: b.owner.token } }, { headers: ELSEWHERE });
    const caller = { ...HOUSE, tenantId: a.things.tenantId };
    const [approved, rejected] = [
      await askToPair(world, { tenantId: a.things.tenantId }),
      await askToPair(world, { tenantId: a.things.tenantId }),
    ];
    await world.get(PairingService).approve(approved.requestId, caller);
    await world.get(PairingService).reject(rejected.requestId, caller);

    const heard: string[] = [];
    while (heard.length < 4) heard.push(((await mine.client.next()) as { event: string }).event);
    expect(heard.toSorted()).toEqual([
      'device.pair.requested',
      'device.pair.requested',
      'device.pair.resolved',
      'device.pair.resolved',
    ]);
    // What was for the other one would have been sent before this answer.
    theirs.client.send(NATIVE.call(4, 'health'));
    expect(await theirs.client.next()).toMatchObject({ type: 'res', id: '4' });
    mine.client.close();
    theirs.client.close();
  });
});

/** The names of A that the question held in path and query. */
function namesIn({ path = {}, query = {} }: Example): string[] {
  return [...Object.values(path), ...Object.values(query)].map((what) => a.things[what]);
}
