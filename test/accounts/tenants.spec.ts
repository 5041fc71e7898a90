import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import { bearer, HOUSE_TOKEN, type Reply, startGateway, type TestGateway } from '../helpers/gateway.js';
import { askToPair } from '../helpers/pairing.js';
import { auditOf, newPerson, newTenant } from '../helpers/tenants.js';
import { ELSEWHERE, World } from '../helpers/world.js';
import { connected, NATIVE } from '../helpers/ws-client.js';
import { PairingService } from '../../src/pairing/pairing.service.js';
import { DeviceTokensService } from '../../src/pairing/device-tokens.service.js';
import { HOUSE } from '../helpers/gateway.js';

let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  gateway = await startGateway({ config: { gateway: { auth: { token: HOUSE_TOKEN } } }, database: 'embedded' });
  world = new World(gateway);
});
afterAll(() => gateway.close());

const house = { ...ELSEWHERE, ...bearer(HOUSE_TOKEN) };
const asHouse = (method: string, path: string, body?: unknown): Promise<Reply> =>
  gateway.call(`/api/v1${path}`, { method, body, headers: house });

describe('tenants', () => {
  it('the house makes them, and their first owner comes in by an invitation', async () => {
    const { status, body } = await asHouse('POST', '/tenants', { name: 'Acme', owner: 'Ana@Acme.example' });

    expect(status).toBe(201);
    expect(body).toMatchObject({ name: 'Acme', status: 'active', users: 0 });
    expect(body.invitation).toMatchObject({ tenantId: body.id, email: 'ana@acme.example', role: 'owner' });
    expect(await auditOf(world, body.id)).toMatchObject([
      { action: 'tenant.created' },
      { action: 'invitation.created' },
    ]);
    expect(await auditOf(world, HOUSE_TENANT)).toContainEqual(
      expect.objectContaining({ action: 'tenant.created', target: `tenant:${body.id}` }),
    );
  });

  it('the house lists them in pages, by status and name', async () => {
    const name = `Zebra ${randomUUID()}`;
    const ids = [await newTenant(world, `${name} 1`), await newTenant(world, `${name} 2`)];
    await world.rows(`UPDATE tenants SET status = 'suspended' WHERE id = $1`, [ids[0]]);

    const first = await asHouse('GET', `/tenants?limit=1&q=${encodeURIComponent(name.toUpperCase())}`);
    expect(first.body.items.map(({ id }: { id: string }) => id)).toEqual([ids[1]]);
    const second = await asHouse(
      'GET',
      `/tenants?limit=1&q=${encodeURIComponent(name)}&cursor=${first.body.nextCursor}`,
    );
    expect(second.body).toMatchObject({ items: [{ id: ids[0] }], nextCursor: null });
    const suspended = await asHouse('GET', `/tenants?status=suspended&q=${encodeURIComponent(name)}`);
    expect(suspended.body.items).toMatchObject([{ id: ids[0], status: 'suspended' }]);
  });

  it('an admin of a tenant sees and names its own, and no other', async () => {
    const [mine, other] = [await newTenant(world), await newTenant(world)];
    const admin = await newPerson(world, mine, 'admin');
    const ask = (method: string, path: string, body?: unknown): Promise<Reply> =>
      gateway.call(`/api/v1${path}`, { method, body, headers: admin.headers });

    expect((await ask('GET', `/tenants/${mine}`)).body).toMatchObject({ id: mine, users: 1 });
    expect((await ask('PATCH', `/tenants/${mine}`, { name: 'Ours' })).body.name).toBe('Ours');
    expect((await ask('GET', '/tenants')).status).toBe(403);
    expect((await ask('POST', '/tenants', { name: 'x' })).status).toBe(403);
    expect((await ask('PATCH', `/tenants/${mine}`, { status: 'suspended' })).status).toBe(403);
    for (const id of [other, HOUSE_TENANT, randomUUID()]) {
      for (const reply of [await ask('GET', `/tenants/${id}`), await ask('PATCH', `/tenants/${id}`, { name: 'x' })]) {
        expect([reply.status, reply.body.error.message]).toEqual([404, 'no such tenant']);
      }
    }
  });

  it('a name that another has says nothing', async () => {
    const name = randomUUID();
    await newTenant(world, name);
    const mine = await newTenant(world);
    const owner = await newPerson(world, mine, 'owner');
    const reply = await gateway.call(`/api/v1/tenants/${mine}`, {
      method: 'PATCH',
      body: { name },
      headers: owner.headers,
    });

    expect([reply.status, reply.body.name]).toEqual([200, name]);
  });

  it.each([
    [{ name: '' }],
    [{ name: ' ' }],
    [{ name: 'x\u202e' }],
    [{ name: 'x', id: HOUSE_TENANT }],
    [{ status: 'gone' }],
  ])('PATCH refuses %j', async (body) => {
    expect((await asHouse('PATCH', `/tenants/${HOUSE_TENANT}`, body)).status).toBe(400);
  });

  it('the house itself cannot be suspended', async () => {
    expect((await asHouse('PATCH', `/tenants/${HOUSE_TENANT}`, { status: 'suspended' })).status).toBe(409);
  });
});

describe('a suspended tenant', () => {
  it('is out everywhere at once, with its people, devices and sockets, and back as it was', async () => {
    const tenantId = await newTenant(world);
    const owner = await newPerson(world, tenantId, 'owner');
    const { requestId, deviceId } = await askToPair(world, { tenantId });
    await world.get(PairingService).approve(requestId, { ...HOUSE, tenantId });
    const deviceToken = await world.get(DeviceTokensService).issue(deviceId, 'operator');
    const stranger = await newPerson(world, await newTenant(world), 'owner');

    const sockets = await Promise.all(
      [owner.token, deviceToken, stranger.token].map((token) =>
        connected(gateway, NATIVE, { auth: { token } }, { headers: ELSEWHERE }),
      ),
    );
    const whoami = async (token: string): Promise<unknown> => {
      const { status, body } = await gateway.get('/api/v1/whoami', { ...ELSEWHERE, ...bearer(token) });
      return body.error?.code ?? status;
    };
    expect([await whoami(owner.token), await whoami(deviceToken)]).toEqual([200, 200]);

    expect((await asHouse('PATCH', `/tenants/${tenantId}`, { status: 'suspended' })).body.status).toBe('suspended');
    expect((await sockets[0]!.client.closed).code).toBe(1008);
    expect((await sockets[1]!.client.closed).code).toBe(1008);
    expect([await whoami(owner.token), await whoami(deviceToken)]).toEqual(['user_suspended', 'device_token_revoked']);
    expect(await sockets[2]!.client.ask(NATIVE.call(9, 'health'))).toMatchObject({ ok: true });
    sockets[2]!.client.close();

    await asHouse('PATCH', `/tenants/${tenantId}`, { status: 'active', name: 'Back' });
    expect([await whoami(owner.token), await whoami(deviceToken)]).toEqual([200, 200]);
    expect((await auditOf(world, tenantId)).map(({ action }) => action)).toEqual(
      expect.arrayContaining(['tenant.suspended', 'tenant.activated', 'tenant.renamed']),
    );
  });
});
