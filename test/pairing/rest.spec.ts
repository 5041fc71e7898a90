import { randomUUID } from 'node:crypto';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import type { Role, Scope } from '../../src/kernel/scopes.js';
import { type InvitedDevice, InvitesService } from '../../src/pairing/invites.service.js';
import { PairingService } from '../../src/pairing/pairing.service.js';
import { Device } from '../helpers/device.js';
import {
  bearer,
  HOUSE,
  HOUSE_TOKEN,
  KEY_HOLDER,
  type Reply,
  startGateway,
  type TestGateway,
} from '../helpers/gateway.js';
import { askToPair, pairedDevice } from '../helpers/pairing.js';
import { World } from '../helpers/world.js';

const PASSWORD = 'a-password-of-the-house-7f3a';

let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  const auth = { token: HOUSE_TOKEN, password: PASSWORD, loopback: 'deny', rateLimit: { maxAttempts: 1000 } };
  gateway = await startGateway({ config: { gateway: { auth } }, database: 'embedded' });
  world = new World(gateway);
});
afterAll(() => gateway.close());
afterEach(() => world.rows(`DELETE FROM pairing_requests`));

type Headers = Record<string, string>;

const admin = bearer(HOUSE_TOKEN);

/** A person of the house whose token holds just these scopes. */
async function holding(...scopes: Scope[]): Promise<Headers> {
  const { token } = await gateway.gatewayToken({ email: `${randomUUID()}@example.com`, role: 'admin', scopes });
  return bearer(token);
}

const call = (line: string, headers: Headers, body?: object): Promise<Reply> => {
  const [method, path] = line.split(' ');
  return gateway.call(`/api/v1/devices${path ?? ''}`, { method, headers, body });
};

const codeOf = ({ status, body }: Reply): string => `${status} ${body?.error.code ?? 'ok'}`;

const auditOf = (target: string): Promise<{ action: string }[]> =>
  world.rows(`SELECT action FROM audit_events WHERE target = $1 ORDER BY seq`, [target]);

const statusOf = async (requestId: string): Promise<string> =>
  (await world.rows<{ status: string }>(`SELECT status FROM pairing_requests WHERE id = $1`, [requestId]))[0]!.status;

const whoami = async (token: string): Promise<number> => (await gateway.get('/api/v1/whoami', bearer(token))).status;

describe('who may do what with devices', () => {
  const ASKED: Scope[] = ['operator.read', 'operator.write'];
  type Operation = () => Promise<[line: string, body?: object]>;

  const decide = (verb: string, plea: { role?: Role; scopes?: Scope[] }) => async (): Promise<[string, object]> => {
    const { requestId } = await askToPair(world, plea);
    return [`POST /pending/${requestId}/${verb}`, {}];
  };
  const device = (line: (id: string) => string, body?: object): Operation => {
    return async () => [line(await pairedDevice(world)), body];
  };
  const rotate = (scopes: Scope[]) => async (): Promise<[string, object]> => {
    const { id } = await world.device({ scopes });
    return [`POST /${id}/token/rotate`, {}];
  };
  const revoke = async (): Promise<[string, object]> => [`POST /${(await world.device()).id}/token/revoke`, {}];
  const invite = (body: object) => async (): Promise<[string, object]> => ['POST /invites', body];

  // prettier-ignore
  const OPERATIONS: [name: string, operation: Operation, pairing: number, pairingAndWrite: number, admin: number][] = [
    // what                                     how                                                            pairing  +write  admin
    ['list devices',                            async () => ['GET '],                                          200,     200,    200],
    ['see a device',                            device((id) => `GET /${id}`),                                  200,     200,    200],
    ['rename a device',                         device((id) => `PATCH /${id}`, { displayName: 'x' }),          200,     200,    200],
    ['remove a device',                         device((id) => `DELETE /${id}`),                               204,     204,    204],
    ['list requests',                           async () => ['GET /pending'],                                  200,     200,    200],
    ['approve read and write',                  decide('approve', { scopes: ASKED }),                          403,     200,    200],
    ['approve pairing',                         decide('approve', { scopes: ['operator.pairing'] }),           200,     200,    200],
    ['S087, S088: approve admin',               decide('approve', { scopes: ['operator.admin'] }),             403,     403,    200],
    ['S101: approve a node',                    decide('approve', { role: 'node' }),                           403,     403,    200],
    ['reject',                                  decide('reject', { scopes: ['operator.admin'] }),              200,     200,    200],
    ['rotate a token of read',                  rotate(['operator.read']),                                     403,     200,    200],
    ['S106: rotate a token of admin',           rotate(['operator.admin']),                                    403,     403,    200],
    ['revoke a token',                          revoke,                                                        200,     200,    200],
    ['S100: invite to read and write',          invite({}),                                                    403,     201,    201],
    ['S100: invite to pairing',                 invite({ scopes: ['operator.pairing'] }),                      201,     201,    201],
    ['S100: invite to admin',                   invite({ scopes: ['operator.admin'] }),                        403,     403,    201],
    ['S100: invite a node',                     invite({ role: 'node' }),                                      403,     403,    201],
  ];

  it.each(OPERATIONS)('%s', async (_, operation, pairing, pairingAndWrite, asAdmin) => {
    const rights: [Scope[], number][] = [
      [[], 403],
      [['operator.read'], 403],
      [['operator.write', 'operator.approvals'], 403],
      [['operator.pairing'], pairing],
      [['operator.pairing', 'operator.write'], pairingAndWrite],
      [['operator.admin'], asAdmin],
    ];
    for (const [scopes, status] of rights) {
      const headers = await holding(...scopes);
      const [line, body] = await operation();
      const reply = await call(line, headers, body);

      expect([scopes, reply.status, reply.body?.error?.code]).toEqual([
        scopes,
        status,
        status === 403 ? 'missing_scope' : undefined,
      ]);
    }
  });

  it('S078: another tenant sees and handles nothing of ours', async () => {
    const { token, tenantId } = await world.tenantToken('owner');
    const own = await pairedDevice(world, { tenantId }, { ...HOUSE, tenantId });
    const { id } = await world.device();
    const { requestId } = await askToPair(world);
    const stranger = bearer(token);

    expect((await call('GET ', stranger)).body.items).toMatchObject([{ id: own }]);
    expect((await call(`GET ?cursor=${id}`, stranger)).body.items).toEqual([]);
    expect((await call('GET /pending', stranger)).body.items).toEqual([]);
    for (const [line, body] of [
      [`GET /${id}`],
      [`PATCH /${id}`, { displayName: 'x' }],
      [`DELETE /${id}`],
      [`POST /${id}/token/rotate`, { deliver: true }],
      [`POST /${id}/token/revoke`, {}],
      [`POST /pending/${requestId}/approve`, {}],
      [`POST /pending/${requestId}/reject`, {}],
    ] as [string, object?][]) {
      expect(codeOf(await call(line, stranger, body))).toBe('404 not_found');
    }
    expect(await statusOf(requestId)).toBe('pending');
    expect((await call(`GET /${id}`, admin)).status).toBe(200);
  });
});

describe('devices', () => {
  it('are shown with what was approved, and with tokens that have no value', async () => {
    const { id, token } = await world.device({ scopes: ['operator.read'] });
    const { body, text } = await call(`GET /${id}`, admin);

    expect(body).toEqual({
      id,
      displayName: null,
      platform: null,
      deviceFamily: null,
      clientId: null,
      clientMode: null,
      roles: ['operator'],
      scopes: ['operator.read'],
      remoteAddress: 'test',
      createdAt: expect.any(String),
      approvedAt: expect.any(String),
      approvedBy: 'loopback:loopback',
      lastSeenAt: null,
      connected: false,
      self: false,
      approved: { caps: [], commands: [], permissions: [] },
      tokens: [
        {
          role: 'operator',
          scopes: ['operator.read'],
          createdAt: expect.any(String),
          rotatedAt: null,
          lastUsedAt: null,
        },
      ],
    });
    expect(text).not.toContain(token);
    expect(text).not.toMatch(/digest|[0-9a-f]{64}.*[0-9a-f]{64}/);
  });

  it('come in pages, newest first', async () => {
    const ids = [await pairedDevice(world), await pairedDevice(world), await pairedDevice(world)];
    const found: string[] = [];
    let path = 'GET ?limit=2';
    for (let page = (await call(path, admin)).body; ; page = (await call(path, admin)).body) {
      expect(page.items.length).toBeLessThanOrEqual(2);
      found.push(...page.items.map((item: { id: string }) => item.id));
      if (page.nextCursor === null) break;
      path = `GET ?limit=2&cursor=${page.nextCursor}`;
    }
    expect(found.slice(0, 3)).toEqual(ids.toReversed());
    expect(new Set(found).size).toBe(found.length);
  });

  it('are renamed', async () => {
    const id = await pairedDevice(world);

    expect((await call(`PATCH /${id}`, admin, { displayName: "Ana's phone" })).body.displayName).toBe("Ana's phone");
    expect((await call(`GET /${id}`, admin)).body.displayName).toBe("Ana's phone");
    for (const displayName of ['', '   ', 'x'.repeat(65), 'two\nlines', 7, null]) {
      const reply = await call(`PATCH /${id}`, admin, { displayName });
      expect(codeOf(reply)).toBe('400 invalid_request');
      expect(reply.body.error.fields[0].path).toBe('displayName');
    }
    const written = await world.rows(
      `SELECT action, actor, detail FROM audit_events WHERE target = $1 AND action <> 'device.approved'`,
      [`device:${id}`],
    );
    expect(written).toEqual([
      { action: 'device.renamed', actor: expect.stringMatching(/^token:/), detail: { displayName: "Ana's phone" } },
    ]);
  });

  it('are gone once removed', async () => {
    const { id, token } = await world.device();

    expect((await call(`DELETE /${id}`, admin)).status).toBe(204);
    expect(await whoami(token)).toBe(401);
    for (const line of [`GET /${id}`, `DELETE /${id}`]) expect(codeOf(await call(line, admin))).toBe('404 not_found');
    expect(codeOf(await call(`PATCH /${id}`, admin, { displayName: 'x' }))).toBe('404 not_found');
    expect((await auditOf(`device:${id}`)).map(({ action }) => action)).toEqual(['device.approved', 'device.removed']);
  });

  it('S090: a device that is no admin sees and handles itself alone', async () => {
    const own = await world.device({ scopes: ['operator.pairing', 'operator.write'] });
    const other = await world.device();
    const { requestId } = await askToPair(world, { scopes: ['operator.read'] });
    const headers = bearer(own.token);

    expect((await call('GET ?limit=1', headers)).body).toMatchObject({ items: [{ id: own.id }], nextCursor: null });
    expect((await call('GET /pending', headers)).body.items).toEqual([]);
    for (const [line, body] of [
      [`GET /${other.id}`],
      [`PATCH /${other.id}`, { displayName: 'x' }],
      [`DELETE /${other.id}`],
      [`POST /${other.id}/token/rotate`, {}],
      [`POST /${other.id}/token/revoke`, {}],
      [`POST /pending/${requestId}/approve`, {}],
      [`POST /pending/${requestId}/reject`, {}],
    ] as [string, object?][]) {
      expect(codeOf(await call(line, headers, body))).toBe('404 not_found');
    }
    expect(codeOf(await call('POST /invites', headers, {}))).toBe('403 missing_scope');
    expect(await statusOf(requestId)).toBe('pending');
    expect((await call(`GET /${own.id}`, headers)).status).toBe(200);
  });
});

describe('requests', () => {
  it('are shown with their code, and with the scopes that would be new', async () => {
    const deviceId = await pairedDevice(world, { scopes: ['operator.read'] });
    const scopes: Scope[] = ['operator.read', 'operator.admin'];
    const { requestId, code } = await askToPair(world, {
      deviceId,
      publicKey: undefined,
      scopes,
      source: '203.0.113.9',
    });
    const { requestId: fresh } = await askToPair(world, { role: 'node' });
    const { items, nextCursor } = (await call('GET /pending', admin)).body;

    expect(nextCursor).toBeNull();
    expect(items[0]).toEqual({
      requestId,
      deviceId,
      code,
      displayName: 'a phone',
      platform: 'ios',
      deviceFamily: null,
      clientId: null,
      clientMode: null,
      role: 'operator',
      newRole: false,
      scopes,
      newScopes: ['operator.admin'],
      abilities: { caps: [], commands: [], permissions: [] },
      newAbilities: { caps: [], commands: [], permissions: [] },
      isRepair: true,
      remoteAddress: '203.0.113.9',
      createdAt: expect.any(String),
      expiresAt: expect.any(String),
    });
    expect(items[1]).toMatchObject({ requestId: fresh, role: 'node', newRole: true, newScopes: [], isRepair: false });
  });

  it('what a device of that id has in another tenant is not shown', async () => {
    const { tenantId } = await world.tenantToken();
    const deviceId = randomUUID();
    await pairedDevice(world, { deviceId, tenantId, scopes: ['operator.read'] }, { ...HOUSE, tenantId });
    await askToPair(world, { deviceId, scopes: ['operator.read'] });

    expect((await call('GET /pending', admin)).body.items[0]).toMatchObject({
      newScopes: ['operator.read'],
      newRole: true,
    });
  });

  it('are approved with less than they asked for', async () => {
    const { requestId, deviceId } = await askToPair(world, { scopes: ['operator.read', 'operator.admin'] });
    const reply = await call(`POST /pending/${requestId}/approve`, admin, {
      scopes: ['operator.read', 'operator.pairing'],
    });

    expect(reply.body).toMatchObject({ requestId, device: { id: deviceId, scopes: ['operator.read'], tokens: [] } });
    expect(reply.text).not.toContain('dwd_');
  });

  it('S087: one that was refused stays pending, and the attempt is in the audit', async () => {
    const { requestId, deviceId } = await askToPair(world, { scopes: ['operator.admin'] });
    const reply = await call(`POST /pending/${requestId}/approve`, await holding('operator.pairing'), {});

    expect(reply.body.error).toMatchObject({ type: 'forbidden', message: 'missing scope: operator.admin' });
    expect(await statusOf(requestId)).toBe('pending');
    expect(await auditOf(`device:${deviceId}`)).toEqual([{ action: 'device.approval-refused' }]);
    expect((await call(`POST /pending/${requestId}/approve`, admin, {})).status).toBe(200);
  });

  it('S105: rejected, expired, approved, superseded and unknown ones are told alike', async () => {
    const rejected = await askToPair(world);
    await call(`POST /pending/${rejected.requestId}/reject`, admin, {});
    const approved = await askToPair(world);
    await call(`POST /pending/${approved.requestId}/approve`, admin, {});
    const superseded = await askToPair(world);
    await askToPair(world, { ...superseded, publicKey: superseded.publicKey!, scopes: ['operator.admin'] } as never);
    const expired = await askToPair(world);
    await world.rows(`UPDATE pairing_requests SET expires_at = now() WHERE id = $1`, [expired.requestId]);

    const ids = [rejected, approved, superseded, expired].map(({ requestId }) => requestId);
    for (const id of [...ids, randomUUID()]) {
      for (const verb of ['approve', 'reject']) {
        const { status, body } = await call(`POST /pending/${id}/${verb}`, admin, {});
        const { requestId: _, ...error } = body.error;
        expect([status, error]).toEqual([404, { message: 'unknown requestId', type: 'not_found', code: 'not_found' }]);
      }
    }
    expect(await statusOf(rejected.requestId)).toBe('rejected');
    expect((await call(`GET /${rejected.deviceId}`, admin)).status).toBe(404);
  });

  it('S095: one source or tenant that fills its share keeps nobody else out', async () => {
    const source = '203.0.113.7';
    for (let count = 0; count < 16; count += 1) await askToPair(world, { source });

    await expect(askToPair(world, { source })).rejects.toMatchObject({ code: 'too_many_requests' });
    await expect(askToPair(world)).resolves.toBeDefined();
    const { tenantId } = await world.tenantToken();
    await expect(askToPair(world, { tenantId })).resolves.toBeDefined();

    await world.rows(`UPDATE pairing_requests SET expires_at = now() WHERE remote_address = $1`, [source]);
    await expect(askToPair(world, { source })).resolves.toBeDefined();
  });
});

describe('tokens of devices', () => {
  it('a new one is withheld from whoever is not the device', async () => {
    const { id, token } = await world.device();
    const reply = await call(`POST /${id}/token/rotate`, admin, {});

    expect(reply.body).toEqual({
      deviceId: id,
      role: 'operator',
      scopes: ['operator.read'],
      rotatedAt: expect.any(String),
      tokenDelivery: 'withheld',
    });
    expect(await whoami(token)).toBe(401);
  });

  it('a new one is shown to an admin who asks for it, and to nobody who only asks', async () => {
    const { id } = await world.device();
    const shown = await call(`POST /${id}/token/rotate`, admin, { deliver: true });
    const lesser = await holding('operator.pairing', 'operator.write');
    const asked = await call(`POST /${id}/token/rotate`, lesser, { deliver: true });

    expect(shown.body).toMatchObject({ tokenDelivery: 'in-band', token: expect.stringMatching(/^dwd_/) });
    expect(shown.headers['cache-control']).toBe('no-store');
    expect(asked.body).toMatchObject({ tokenDelivery: 'withheld' });
    expect(asked.text).not.toContain('dwd_');
  });

  it('S111: the device rotates its own and is shown it; the old one fails at once, both once it is removed', async () => {
    const { id, token } = await world.device({ scopes: ['operator.read', 'operator.pairing'] });
    const { body } = await call(`POST /${id}/token/rotate`, bearer(token), {});

    expect(body).toMatchObject({ tokenDelivery: 'in-band' });
    expect([await whoami(token), await whoami(body.token)]).toEqual([401, 200]);
    expect((await call(`DELETE /${id}`, bearer(body.token))).status).toBe(204);
    expect([await whoami(token), await whoami(body.token)]).toEqual([401, 401]);
  });

  it('S112: a token of one role brings no token of another role', async () => {
    const { id, token } = await world.device({ scopes: ['operator.read', 'operator.pairing'] });
    await gateway.deviceToken({ id, role: 'node', scopes: [] });
    const reply = await call(`POST /${id}/token/rotate`, bearer(token), { role: 'node' });

    expect(reply.body).toMatchObject({ role: 'node', tokenDelivery: 'withheld' });
    expect(reply.text).not.toContain('dwd_');
  });

  it('the old one lives as long as it was given', async () => {
    const { id, token } = await world.device();
    const { body } = await call(`POST /${id}/token/rotate`, admin, { graceMs: 60_000, deliver: true });

    expect([await whoami(token), await whoami(body.token)]).toEqual([200, 200]);
    gateway.clock.advance(60_001);
    expect([await whoami(token), await whoami(body.token)]).toEqual([401, 200]);
  });

  it('S106: nobody rotates into scopes that they, or the device, do not hold', async () => {
    const { id, token } = await world.device({ scopes: ['operator.admin'] });
    const lesser = await holding('operator.pairing', 'operator.read');
    const reader = await world.device({ scopes: ['operator.read'] });

    expect(codeOf(await call(`POST /${id}/token/rotate`, lesser, {}))).toBe('403 missing_scope');
    expect(codeOf(await call(`POST /${id}/token/rotate`, lesser, { scopes: ['operator.write'] }))).toBe(
      '403 missing_scope',
    );
    expect((await call(`POST /${id}/token/rotate`, lesser, { scopes: ['operator.read'] })).body.scopes).toEqual([
      'operator.read',
    ]);
    expect(await whoami(token)).toBe(401);
    const wider = await call(`POST /${reader.id}/token/rotate`, admin, { scopes: ['operator.write'] });
    expect(codeOf(wider)).toBe('403 missing_scope');
    expect(await whoami(reader.token)).toBe(200);
  });

  it('S107: no token of a role that was never approved', async () => {
    const { id, token } = await world.device();

    for (const role of ['node', 'webchat']) {
      expect(codeOf(await call(`POST /${id}/token/rotate`, admin, { role }))).toBe('404 not_found');
    }
    expect(codeOf(await call(`POST /${id}/token/rotate`, admin, { role: 'root' }))).toBe('400 invalid_request');
    expect((await call(`POST /${id}/token/rotate`, admin, { role: 'control' })).status).toBe(200);
    expect(await whoami(token)).toBe(401);
    expect((await world.rows(`SELECT role FROM device_tokens WHERE device_id = $1`, [id])).length).toBe(1);
  });

  it('is revoked, and the role with it', async () => {
    const { id, token } = await world.device();

    expect((await call(`POST /${id}/token/revoke`, admin, {})).body).toEqual({
      deviceId: id,
      role: 'operator',
      revokedAt: expect.any(String),
    });
    expect(await whoami(token)).toBe(401);
    expect((await call(`GET /${id}`, admin)).body).toMatchObject({ roles: [], tokens: [] });
    expect(codeOf(await call(`POST /${id}/token/revoke`, admin, { role: 'operator' }))).toBe('404 not_found');
  });
});

describe('setup links', () => {
  const invites = (): InvitesService => world.get(InvitesService);
  const newDevice = (more: Partial<InvitedDevice> = {}): InvitedDevice => {
    const { id, publicKey } = new Device();
    return { id, publicKey, role: 'operator', source: '203.0.113.9', displayName: 'a phone', ...more };
  };

  interface Code {
    url: string;
    bootstrapToken: string;
    expiresAtMs: number;
  }
  const decoded = (code: string): Code => JSON.parse(Buffer.from(code, 'base64url').toString()) as Code;

  async function invite(body: object = {}): Promise<Reply['body'] & { token: string }> {
    const reply = await call('POST /invites', admin, body);
    expect(reply.status).toBe(201);
    return { ...reply.body, token: decoded(reply.body.setupCode).bootstrapToken };
  }

  it('S093, S191: hold the address and one value that ends within ten minutes, behind the #', async () => {
    const { link, setupCode, role, scopes, expiresAt } = await invite();
    const { origin, pathname, search, hash } = new URL(link);
    const code = decoded(setupCode);

    expect([origin, pathname, search, hash]).toEqual([gateway.url, '/', '', `#setup=${setupCode}`]);
    expect(Object.keys(code)).toEqual(['url', 'bootstrapToken', 'expiresAtMs']);
    expect(code).toMatchObject({
      url: gateway.url.replace('http', 'ws'),
      bootstrapToken: expect.stringMatching(/^dwi_[\w-]{43}$/),
    });
    expect(code.expiresAtMs).toBe(Date.parse(expiresAt));
    expect(code.expiresAtMs - Date.now()).toBeLessThanOrEqual(600_500);
    expect([role, scopes]).toEqual(['operator', ['operator.read', 'operator.write']]);
    for (const secret of [HOUSE_TOKEN, PASSWORD]) expect(JSON.stringify(code)).not.toContain(secret);
  });

  it('lead where the configuration says, whatever the Host header does', async () => {
    const auth = { token: HOUSE_TOKEN, password: PASSWORD, loopback: 'deny', rateLimit: { maxAttempts: 1000 } };
    await world.configure({ gateway: { auth, publicUrl: 'https://gateway.example.com/doors/' } });
    const reply = await call('POST /invites', { ...admin, host: 'evil.example' }, {});
    await world.configure({ gateway: { auth } });

    expect(reply.body.link).toMatch(/^https:\/\/gateway\.example\.com\/doors\/#setup=/);
    expect(decoded(reply.body.setupCode).url).toBe('wss://gateway.example.com/doors');
  });

  it('end when they were told to, and never later than in ten minutes', async () => {
    const { expiresAt } = await invite({ ttl: 30 });
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(30_500);
    for (const ttl of [0, 601, 1.5, '60']) {
      expect(codeOf(await call('POST /invites', admin, { ttl }))).toBe('400 invalid_request');
    }
  });

  it('let a device in with what they are for, and are stored as a digest alone', async () => {
    const { id, token } = await invite({ scopes: ['operator.read'] });
    const device = newDevice();
    const admitted = await invites().redeem(token, device);

    expect(admitted).toMatchObject({
      id: device.id,
      tenantId: HOUSE_TENANT,
      roles: ['operator'],
      scopes: ['operator.read'],
    });
    expect((await call(`GET /${device.id}`, admin)).body).toMatchObject({
      approvedBy: 'token:token',
      displayName: 'a phone',
    });
    expect(await auditOf(`device:${device.id}`)).toEqual([{ action: 'device.approved' }]);
    expect(await auditOf(`device-invite:${id}`)).toEqual([{ action: 'device-invite.created' }]);
    expect(JSON.stringify(await world.rows(`SELECT * FROM device_invites`))).not.toContain(token);
    expect(JSON.stringify(await world.rows(`SELECT * FROM audit_events`))).not.toContain(token);
  });

  it('S091: are spent by the first device, for itself and for every other, and change no request', async () => {
    const { token } = await invite();
    const first = newDevice();
    const waiting = await askToPair(world);
    await invites().redeem(token, first);

    for (const device of [first, newDevice(), newDevice({ id: waiting.deviceId, publicKey: waiting.publicKey! })]) {
      await expect(invites().redeem(token, device)).rejects.toMatchObject({
        code: 'bootstrap_token_invalid',
        status: 401,
      });
    }
    expect(await statusOf(waiting.requestId)).toBe('pending');
    await world.get(PairingService).approve(waiting.requestId, HOUSE);
    await expect(invites().redeem(token, newDevice())).rejects.toMatchObject({ code: 'bootstrap_token_invalid' });
  });

  it('S226: of fifty devices at once, one comes in', async () => {
    const { token } = await invite();
    const devices = Array.from({ length: 50 }, () => newDevice());
    const outcomes = await Promise.allSettled(devices.map((device) => invites().redeem(token, device)));

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const ids = devices.map(({ id }) => id);
    expect(await world.rows(`SELECT id FROM devices WHERE id = ANY($1::text[])`, [ids])).toHaveLength(1);
    const targets = ids.map((id) => `device:${id}`);
    expect(await world.rows(`SELECT 1 FROM audit_events WHERE target = ANY($1::text[])`, [targets])).toHaveLength(1);
  });

  it.each([
    ['that has ended', `UPDATE device_invites SET expires_at = now() WHERE id = $1`],
    ['that was taken back', `DELETE FROM device_invites WHERE id = $1`],
  ])('one %s lets nobody in', async (_, sql) => {
    const { id, token } = await invite();
    await world.rows(sql, [id]);
    await expect(invites().redeem(token, newDevice())).rejects.toMatchObject({ code: 'bootstrap_token_invalid' });
  });

  it('one for another role lets nobody in, and stays', async () => {
    const { token } = await invite();
    await expect(invites().redeem(token, newDevice({ role: 'node' }))).rejects.toMatchObject({
      code: 'bootstrap_token_invalid',
    });
    await expect(invites().redeem(token, newDevice())).resolves.toBeDefined();
  });

  it('a suspended tenant lets nobody in', async () => {
    const { tenantId } = await world.tenantToken();
    const made = await invites().create({ role: 'operator' }, { ...KEY_HOLDER, tenantId });
    await world.rows(`UPDATE tenants SET status = 'suspended' WHERE id = $1`, [tenantId]);
    await expect(invites().redeem(made.token, newDevice())).rejects.toMatchObject({ code: 'bootstrap_token_invalid' });
  });

  it('nobody takes the place of a device by naming it, nor takes it into another tenant', async () => {
    const { token } = await invite();
    const known = newDevice();
    await invites().redeem(token, known);
    const { tenantId } = await world.tenantToken();
    const again = await invite();
    const foreign = await invites().create({ role: 'operator' }, { ...KEY_HOLDER, tenantId });

    const nameless = invites().redeem(again.token, { ...known, publicKey: undefined });
    await expect(nameless).rejects.toMatchObject({ code: 'conflict' });
    await expect(invites().redeem(foreign.token, known)).rejects.toMatchObject({ code: 'conflict' });
    expect(await world.rows(`SELECT public_key, tenant_id FROM devices WHERE id = $1`, [known.id])).toEqual([
      { public_key: known.publicKey, tenant_id: HOUSE_TENANT },
    ]);
    await expect(invites().redeem(again.token, newDevice())).resolves.toBeDefined();
  });

  it('bring a removed device back: a person has let it in', async () => {
    const device = newDevice();
    await invites().redeem((await invite({ scopes: ['operator.admin'] })).token, device);
    await call(`DELETE /${device.id}`, admin);
    await invites().redeem((await invite({ scopes: ['operator.read'] })).token, device);

    expect((await call(`GET /${device.id}`, admin)).body.scopes).toEqual(['operator.read']);
  });
});

describe('at once', () => {
  it('50 approvals and rejections of one request end in one state, with one line in the audit', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { requestId, deviceId } = await askToPair(world);
      const verbs = Array.from({ length: 50 }, (_, index) => (index % 2 === round % 2 ? 'approve' : 'reject'));
      const replies = await Promise.all(verbs.map((verb) => call(`POST /pending/${requestId}/${verb}`, admin, {})));

      const won = replies.flatMap(({ status }, index) => (status === 200 ? [verbs[index]] : []));
      expect(won).toHaveLength(1);
      expect(replies.filter(({ status }) => status === 404)).toHaveLength(49);
      const state = won[0] === 'approve' ? 'approved' : 'rejected';
      expect(await statusOf(requestId)).toBe(state);
      expect(await auditOf(`device:${deviceId}`)).toEqual([{ action: `device.${state}` }]);
      expect((await call(`GET /${deviceId}`, admin)).status).toBe(state === 'approved' ? 200 : 404);
      expect(await world.rows(`SELECT 1 FROM device_tokens WHERE device_id = $1`, [deviceId])).toHaveLength(0);
    }
  });

  it('S228: 20 rotations leave one token that is good', async () => {
    const { id, token } = await world.device();
    const rotations = Array.from({ length: 20 }, () => call(`POST /${id}/token/rotate`, admin, { deliver: true }));
    const tokens = (await Promise.all(rotations)).map(({ body }) => body.token as string);
    const good = await Promise.all([token, ...tokens].map(async (value) => (await whoami(value)) === 200));

    expect(new Set(tokens).size).toBe(20);
    expect(good.filter(Boolean)).toHaveLength(1);
    expect(await world.rows(`SELECT 1 FROM device_tokens WHERE device_id = $1`, [id])).toHaveLength(1);
  });

  it('S230: 20 approvals while tokens rotate lose none', async () => {
    const requests = await Promise.all(Array.from({ length: 20 }, () => askToPair(world)));
    const devices = await Promise.all(Array.from({ length: 5 }, () => world.device()));
    const approvals = requests.map(({ requestId }) => call(`POST /pending/${requestId}/approve`, admin, {}));
    const rotations = devices.map(({ id }) => call(`POST /${id}/token/rotate`, admin, { deliver: true }));

    expect((await Promise.all([...approvals, ...rotations])).map(({ status }) => status)).toEqual(Array(25).fill(200));
    for (const { deviceId } of requests) {
      expect((await call(`GET /${deviceId}`, admin)).body).toMatchObject({
        scopes: ['operator.read', 'operator.write'],
      });
      expect(await auditOf(`device:${deviceId}`)).toEqual([{ action: 'device.approved' }]);
    }
    for (const rotation of rotations) expect(await whoami((await rotation).body.token)).toBe(200);
  });
});
