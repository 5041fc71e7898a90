import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InvitationsService } from '../../src/accounts/invitations.service.js';
import type { UserRole } from '../../src/accounts/roles.js';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import { Database } from '../../src/storage/database.js';
import { bearer, HOUSE_TOKEN, type Reply, startGateway, type TestGateway } from '../helpers/gateway.js';
import { auditOf, newPerson, newTenant, type Person } from '../helpers/tenants.js';
import { ELSEWHERE, World } from '../helpers/world.js';
import { connected, NATIVE } from '../helpers/ws-client.js';

let gateway: TestGateway;
let world: World;
let tenantId: string;
let owner: Person;

beforeAll(async () => {
  gateway = await startGateway({ config: { gateway: { auth: { token: HOUSE_TOKEN } } }, database: 'embedded' });
  world = new World(gateway);
});
afterAll(() => gateway.close());
beforeEach(async () => {
  tenantId = await newTenant(world);
  owner = await newPerson(world, tenantId, 'owner');
});

const house = { ...ELSEWHERE, ...bearer(HOUSE_TOKEN) };
const ask = (who: Person, method: string, path: string, body?: unknown, more = {}): Promise<Reply> =>
  gateway.call(`/api/v1${path}`, { method, body, headers: { ...who.headers, ...more } });
const person = (role: UserRole): Promise<Person> => newPerson(world, tenantId, role);

async function fieldsOf(id: string): Promise<Record<string, unknown>> {
  const [row] = await world.rows('SELECT email, role, status, display_name AS name FROM users WHERE id = $1', [id]);
  return row!;
}

describe('GET users', () => {
  it('lists the people of the tenant in pages, newest first, and nothing of how they sign in', async () => {
    for (const role of ['member', 'member', 'viewer'] as const) await person(role);
    const first = await ask(owner, 'GET', '/users?limit=3');
    const rest = await ask(owner, 'GET', `/users?limit=3&cursor=${first.body.nextCursor}`);

    expect(first.body.items).toHaveLength(3);
    expect(rest.body).toMatchObject({ items: [{ id: owner.userId }], nextCursor: null });
    expect(Object.keys(first.body.items[0]).toSorted()).toEqual(
      [
        'id',
        'tenantId',
        'email',
        'displayName',
        'role',
        'status',
        'emailVerified',
        'createdAt',
        'signedInAt',
      ].toSorted(),
    );
  });

  it.each([
    ['role=viewer', ['viewer']],
    ['status=suspended', ['member']],
    ['q=OWNER-', ['owner']],
    ['q=100%25', []],
  ])('?%s', async (query, roles) => {
    const member = await person('member');
    await person('viewer');
    await world.rows(`UPDATE users SET status = 'suspended' WHERE id = $1`, [member.userId]);

    const { body } = await ask(owner, 'GET', `/users?${query}`);
    expect(body.items.map((user: { role: string }) => user.role)).toEqual(roles);
  });

  it.each(['role=root', 'status=gone', 'limit=0', 'cursor=x', 'tenant=x', 'colour=red'])(
    'refuses ?%s',
    async (query) => {
      expect((await ask(owner, 'GET', `/users?${query}`)).status).toBe(400);
    },
  );
});

describe('POST users', () => {
  it('writes a person down, with its row in the audit', async () => {
    const email = `New-${randomUUID()}@Example.com`;
    const { status, body } = await ask(owner, 'POST', '/users', { email, role: 'admin', displayName: 'Ana' });

    expect(status).toBe(201);
    expect(body).toMatchObject({ email: email.toLowerCase(), role: 'admin', displayName: 'Ana', tenantId });
    expect(await auditOf(world, tenantId)).toContainEqual({
      action: 'user.created',
      actor: `gateway-token:${owner.userId}`,
      target: `user:${body.id}`,
    });
  });

  it('does it once for one Idempotency-Key', async () => {
    const body = { email: `${randomUUID()}@example.com` };
    const [one, two] = [
      await ask(owner, 'POST', '/users', body, { 'idempotency-key': 'k1' }),
      await ask(owner, 'POST', '/users', body, { 'idempotency-key': 'k1' }),
    ];
    expect([one.status, two.status, two.body]).toEqual([201, 201, one.body]);
  });

  it('says the same of an address that is taken here and elsewhere', async () => {
    const stranger = await newPerson(world, await newTenant(world), 'member');
    const here = await ask(owner, 'POST', '/users', { email: owner.email });
    const elsewhere = await ask(owner, 'POST', '/users', { email: stranger.email });

    expect([here.status, elsewhere.status]).toEqual([409, 409]);
    expect(elsewhere.body.error.message).toBe(here.body.error.message);
    expect(await fieldsOf(stranger.userId)).toMatchObject({ role: 'member' });
  });

  it.each([
    [{ email: 'nobody' }, 'email'],
    [{ email: 'a@example.com', role: 'root' }, 'role'],
    [{ email: 'a@example.com', tenantId: HOUSE_TENANT }, 'tenantId'],
    [{ email: 'a@example.com', status: 'active' }, 'status'],
    [{ email: 'a@example.com', displayName: 'x\u0000' }, 'displayName'],
  ])('refuses %j', async (body, field) => {
    const reply = await ask(owner, 'POST', '/users', body);
    expect([reply.status, reply.body.error.fields[0].path]).toEqual([400, field]);
  });
});

describe('nobody decides about a role above their own', () => {
  it.each([
    ['makes an owner', 'POST', '/users', { email: 'x@example.com', role: 'owner' }],
    ['invites an owner', 'POST', '/users/invitations', { email: 'x@example.com', role: 'owner' }],
    ['promotes to owner', 'PATCH', '/users/MEMBER', { role: 'owner' }],
    ['promotes itself', 'PATCH', '/users/SELF', { role: 'owner' }],
    ['demotes the owner', 'PATCH', '/users/OWNER', { role: 'member' }],
    ['suspends the owner', 'PATCH', '/users/OWNER', { status: 'suspended' }],
    ['renames the owner', 'PATCH', '/users/OWNER', { displayName: 'x' }],
    ['removes the owner', 'DELETE', '/users/OWNER', undefined],
    ["ends the owner's sign-ins", 'DELETE', '/users/OWNER/sessions', undefined],
    ["makes a token of the owner's", 'POST', '/tokens', { user: 'OWNER-EMAIL' }],
    ['makes a token of a new owner', 'POST', '/tokens', { user: 'new@example.com', role: 'owner' }],
  ])('an admin never %s', async (_what, method, path, body) => {
    const [admin, member] = [await person('admin'), await person('member')];
    const named = path.replace('MEMBER', member.userId).replace('SELF', admin.userId).replace('OWNER', owner.userId);
    const filled = body && JSON.parse(JSON.stringify(body).replace('OWNER-EMAIL', owner.email));
    const reply = await ask(admin, method, named, filled);

    expect([reply.status, reply.body.error.code]).toEqual([403, 'role_too_high']);
    expect(await fieldsOf(owner.userId)).toMatchObject({ role: 'owner', status: 'active', name: null });
    expect(await fieldsOf(member.userId)).toMatchObject({ role: 'member' });
    expect(await world.rows('SELECT id FROM users WHERE tenant_id = $1', [tenantId])).toHaveLength(3);
  });

  it('what counts is the role as it is now, not as the token was made', async () => {
    const admin = await person('admin');
    await world.rows(`UPDATE users SET role = 'viewer' WHERE id = $1`, [admin.userId]);

    expect((await ask(admin, 'POST', '/users', { email: 'y@example.com', role: 'viewer' })).status).toBe(403);
  });

  it.each(['member', 'viewer'] as const)('a %s does nothing here at all', async (role) => {
    const someone = await person(role);
    for (const [method, path] of [
      ['GET', '/users'],
      ['POST', '/users'],
      ['GET', `/users/${someone.userId}`],
    ] as const) {
      expect(
        (await ask(someone, method, path, method === 'POST' ? { email: 'z@example.com' } : undefined)).status,
      ).toBe(403);
    }
  });

  it('an identity from outside the house is no owner of it', async () => {
    const outside = await startGateway({
      config: {
        gateway: {
          trustedProxies: ['127.0.0.1'],
          auth: {
            mode: 'trusted-proxy',
            trustedProxy: { userHeader: 'x-user' },
            identityScopes: { '*': ['operator.admin'] },
          },
        },
      },
      database: 'embedded',
    });
    const headers = { ...ELSEWHERE, 'x-user': 'eve@example.com', 'x-forwarded-for': '203.0.113.9' };
    const reply = await outside.call('/api/v1/users', {
      method: 'POST',
      headers,
      body: { email: 'eve@example.com', role: 'owner' },
    });
    expect([reply.status, reply.body.error.code]).toEqual([403, 'role_too_high']);
    await outside.close();
  });
});

describe('the last owner', () => {
  it.each([
    ['demoted', 'PATCH', { role: 'admin' }],
    ['suspended', 'PATCH', { status: 'suspended' }],
    ['removed', 'DELETE', undefined],
  ])('cannot be %s', async (_what, method, body) => {
    const suspended = await person('owner');
    await world.rows(`UPDATE users SET status = 'suspended' WHERE id = $1`, [suspended.userId]);
    const reply = await ask(owner, method, `/users/${owner.userId}`, body);

    expect([reply.status, reply.body.error.message]).toEqual([409, expect.stringContaining('last owner')]);
    expect(await fieldsOf(owner.userId)).toMatchObject({ role: 'owner', status: 'active' });
  });

  it('two owners who demote each other at once leave one', async () => {
    const other = await person('owner');
    const replies = await Promise.all([
      ask(owner, 'PATCH', `/users/${other.userId}`, { role: 'member' }),
      ask(other, 'PATCH', `/users/${owner.userId}`, { role: 'member' }),
    ]);

    const left = await world.rows(`SELECT id FROM users WHERE tenant_id = $1 AND role = 'owner'`, [tenantId]);
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(left).toHaveLength(1);
  });
});

describe('a suspension', () => {
  async function signedIn(user: Person): Promise<string> {
    const [row] = await world.rows<{ id: string }>(
      `INSERT INTO user_sessions (tenant_id, user_id, expires_at) VALUES ($1, $2, now() + interval '1 day') RETURNING id`,
      [user.tenantId, user.userId],
    );
    return row!.id;
  }

  it('ends sockets, tokens and sign-ins at once, and activating brings none of them back', async () => {
    const member = await person('member');
    const sessionId = await signedIn(member);
    const { client } = await connected(gateway, NATIVE, { auth: { token: member.token } }, { headers: ELSEWHERE });
    expect((await ask(member, 'GET', '/whoami')).status).toBe(200);

    const { status, body } = await ask(owner, 'PATCH', `/users/${member.userId}`, { status: 'suspended' });
    expect([status, body.status]).toEqual([200, 'suspended']);
    expect((await client.closed).code).toBe(1008);
    expect((await ask(member, 'GET', '/whoami')).body.error.code).toBe('user_suspended');

    await ask(owner, 'PATCH', `/users/${member.userId}`, { status: 'active' });
    expect((await ask(member, 'GET', '/whoami')).body.error.code).toBe('token_revoked');
    const [session] = await world.rows('SELECT revoked_at IS NOT NULL AS ended FROM user_sessions WHERE id = $1', [
      sessionId,
    ]);
    expect(session).toEqual({ ended: true });
    expect((await auditOf(world, tenantId)).map(({ action }) => action)).toEqual(
      expect.arrayContaining(['user.suspended', 'user.logout_all', 'user.activated']),
    );
  });

  it("lets a machine's token sleep", async () => {
    const admin = await person('admin');
    const { body: machine } = await ask(admin, 'POST', '/tokens', {
      kind: 'service',
      label: 'ci',
      scopes: ['operator.read'],
      expiresIn: 3600,
    });
    const asMachine = { ...ELSEWHERE, ...bearer(machine.token) };
    expect((await gateway.get('/api/v1/whoami', asMachine)).status).toBe(200);

    await ask(owner, 'PATCH', `/users/${admin.userId}`, { status: 'suspended' });
    expect((await gateway.get('/api/v1/whoami', asMachine)).body.error.code).toBe('user_suspended');
    await ask(owner, 'PATCH', `/users/${admin.userId}`, { status: 'active' });
    expect((await gateway.get('/api/v1/whoami', asMachine)).status).toBe(200);
  });

  it('DELETE users/:id/sessions ends the sign-ins alone', async () => {
    const member = await person('member');
    await signedIn(member);
    await signedIn(member);
    const { status, body } = await ask(owner, 'DELETE', `/users/${member.userId}/sessions`);

    expect([status, body]).toEqual([200, { ended: 2 }]);
    expect((await ask(member, 'GET', '/whoami')).status).toBe(200);
  });
});

describe('DELETE users/:id', () => {
  it('takes a person out for good: what they hold ends, their address is free, the row stays without a name', async () => {
    const member = await person('member');
    await ask(owner, 'PATCH', `/users/${member.userId}`, { displayName: 'Ana' });
    expect((await ask(owner, 'DELETE', `/users/${member.userId}`)).status).toBe(204);

    expect((await ask(member, 'GET', '/whoami')).body.error.code).toBe('user_suspended');
    expect((await ask(owner, 'GET', `/users/${member.userId}`)).status).toBe(404);
    expect((await ask(owner, 'DELETE', `/users/${member.userId}`)).status).toBe(404);
    expect(await fieldsOf(member.userId)).toEqual({
      email: `removed-${member.userId}@removed.invalid`,
      role: 'member',
      status: 'deleted',
      name: null,
    });
    expect((await ask(owner, 'POST', '/users', { email: member.email })).status).toBe(201);
  });
});

describe('PATCH users/:id', () => {
  it('a new role is in force at once, and in the audit with the old one', async () => {
    const admin = await person('admin');
    expect((await ask(admin, 'GET', '/users')).status).toBe(200);
    const { body } = await ask(owner, 'PATCH', `/users/${admin.userId}`, { role: 'viewer' });

    expect(body.role).toBe('viewer');
    expect((await ask(admin, 'GET', '/users')).status).toBe(403);
  });

  it('what changes nothing ends nothing', async () => {
    const member = await person('member');
    const { client } = await connected(gateway, NATIVE, { auth: { token: member.token } }, { headers: ELSEWHERE });
    await ask(owner, 'PATCH', `/users/${member.userId}`, { role: 'member', status: 'active', displayName: 'Ana' });

    expect(await client.ask(NATIVE.call(7, 'health'))).toMatchObject({ id: '7', ok: true });
    client.close();
  });

  it.each([[{ role: 'root' }], [{ status: 'deleted' }], [{ email: 'x@example.com' }], [{ tenantId: HOUSE_TENANT }]])(
    'refuses %j',
    async (body) => {
      expect((await ask(owner, 'PATCH', `/users/${owner.userId}`, body)).status).toBe(400);
    },
  );
});

describe('invitations', () => {
  const invite = (email: string, role: UserRole = 'member', who = owner): Promise<Reply> =>
    ask(who, 'POST', '/users/invitations', { email, role });

  const accept = (code: string, email: string) =>
    world.get(Database).transaction((manager) => world.get(InvitationsService).accept(code, email, manager));

  it('show the code once, keep its digest, and list it without', async () => {
    const { status, body, headers } = await invite('ana@example.com');
    const listed = await ask(owner, 'GET', '/users/invitations');

    expect([status, headers['cache-control'], body.mailed]).toEqual([201, 'no-store', expect.any(Boolean)]);
    expect(body.code).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(listed.body.items).toMatchObject([{ id: body.id, email: 'ana@example.com', role: 'member' }]);
    expect(listed.text).not.toContain(body.code);
    const rows = await world.rows('SELECT * FROM user_invitations WHERE id = $1', [body.id]);
    expect(JSON.stringify(rows)).not.toContain(body.code);
    expect(Date.parse(body.expiresAt) - Date.now()).toBeGreaterThan(6.9 * 86_400_000);
  });

  it('lets somebody sign up into the tenant with the role, by the link; no log has the code', async () => {
    const email = `${randomUUID()}@example.com`;
    const { body } = await invite(email, 'admin');
    expect(new URL(body.link).hash).toBe(`#invitation=${body.code}`);

    const registered = await gateway.call('/auth/register', {
      method: 'POST',
      headers: { ...ELSEWHERE },
      body: { email, password: 'Correct-Horse-7-Battery', invitation: body.code },
    });
    expect([registered.status, registered.body.tenant.id, registered.body.user.role]).toEqual([201, tenantId, 'admin']);
    await world.flushLog();
    expect(JSON.stringify(gateway.log())).not.toContain(body.code);
  });

  it('is good for its address, once', async () => {
    const { body } = await invite('Bob@Example.com', 'admin');

    expect(await accept(body.code, 'eve@example.com')).toBeUndefined();
    expect(await accept(body.code, 'bob@example.com')).toMatchObject({ tenantId, role: 'admin' });
    expect(await accept(body.code, 'bob@example.com')).toBeUndefined();
    expect((await ask(owner, 'GET', '/users/invitations')).body.items).toEqual([]);
  });

  it('another for the same address takes its place', async () => {
    const [one, two] = [await invite('cia@example.com'), await invite('cia@example.com', 'viewer')];

    expect(await accept(one.body.code, 'cia@example.com')).toBeUndefined();
    expect(await accept(two.body.code, 'cia@example.com')).toMatchObject({ role: 'viewer' });
  });

  it('that was taken back is good no longer', async () => {
    const { body } = await invite('dan@example.com');

    expect((await ask(owner, 'DELETE', `/users/invitations/${body.id}`)).status).toBe(204);
    expect((await ask(owner, 'DELETE', `/users/invitations/${body.id}`)).status).toBe(404);
    expect(await accept(body.code, 'dan@example.com')).toBeUndefined();
    expect((await auditOf(world, tenantId)).map(({ action }) => action)).toEqual(
      expect.arrayContaining(['invitation.created', 'invitation.revoked']),
    );
  });

  it('that is over is neither listed nor accepted', async () => {
    const { body } = await invite('eli@example.com');
    await world.rows(`UPDATE user_invitations SET expires_at = now() WHERE id = $1`, [body.id]);

    expect(await accept(body.code, 'eli@example.com')).toBeUndefined();
    expect((await ask(owner, 'GET', '/users/invitations')).body.items).toEqual([]);
    expect((await ask(owner, 'DELETE', `/users/invitations/${body.id}`)).status).toBe(404);
  });

  it('of a suspended tenant lets nobody in', async () => {
    const { body } = await invite('fay@example.com');
    await world.rows(`UPDATE tenants SET status = 'suspended' WHERE id = $1`, [tenantId]);

    expect(await accept(body.code, 'fay@example.com')).toBeUndefined();
  });

  it('tell of an address here, and never of one elsewhere', async () => {
    const stranger = await newPerson(world, await newTenant(world), 'member');

    expect((await invite(owner.email)).status).toBe(409);
    expect((await invite(stranger.email)).status).toBe(201);
  });

  it('of any number who accept at once one succeeds', async () => {
    const { body } = await invite('gus@example.com');
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => accept(body.code, 'gus@example.com')));

    expect(outcomes.filter(Boolean)).toHaveLength(1);
  });
});

describe('the house', () => {
  it('looks after another tenant by naming it', async () => {
    const listed = await gateway.get(`/api/v1/users?tenant=${tenantId}`, house);
    expect(listed.body.items.map(({ id }: { id: string }) => id)).toEqual([owner.userId]);

    const made = await gateway.call(`/api/v1/users?tenant=${tenantId}`, {
      method: 'POST',
      headers: house,
      body: { email: `${randomUUID()}@example.com`, role: 'owner' },
    });
    expect(made.body.tenantId).toBe(tenantId);
    const change = { method: 'PATCH', headers: house, body: { status: 'suspended' } };
    expect((await gateway.call(`/api/v1/users/${owner.userId}?tenant=${tenantId}`, change)).status).toBe(200);
    expect((await gateway.call(`/api/v1/users/${owner.userId}`, change)).status).toBe(404);
    expect(await auditOf(world, tenantId)).toContainEqual(
      expect.objectContaining({ action: 'user.suspended', actor: 'token:token' }),
    );
  });

  it('nobody else names another', async () => {
    const other = await newTenant(world);
    for (const tenant of [other, HOUSE_TENANT, randomUUID()]) {
      const reply = await ask(owner, 'GET', `/users?tenant=${tenant}`);
      expect([reply.status, reply.body.error.message]).toEqual([404, 'no such tenant']);
    }
  });
});
