import { Device, ELSEWHERE, type ConnectAs, type Manner, type Outcome } from '../helpers/device.js';
import { HOUSE, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { DIALECTS, type Speech } from '../helpers/ws-client.js';
import { DevicesService } from '../../src/pairing/devices.service.js';
import { DeviceTokensService } from '../../src/pairing/device-tokens.service.js';
import { PairingService } from '../../src/pairing/pairing.service.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({
    config: { gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny', rateLimit: { maxAttempts: 1000 } } } },
    database: 'embedded',
  });
});

afterAll(() => gateway.close());

const token = { token: HOUSE_TOKEN };
const operator: ConnectAs = { auth: token, scopes: ['operator.read', 'operator.write'] };

const service = <T>(type: new (...args: never[]) => T): T => gateway.app.get(type, { strict: false });
const manner = (more: Partial<Manner> = {}): Manner => ({ ...ELSEWHERE, now: gateway.clock.now(), ...more });
const approve = (requestId: string): Promise<unknown> => service(PairingService).approve(requestId, HOUSE);

/** A device that a person has let in, from elsewhere. */
async function paired(speech: Speech, as: ConnectAs = operator): Promise<Device> {
  const device = new Device();
  const { failure } = await device.connect(gateway, speech, as, manner());
  await approve(failure!.details.requestId);
  const { hello, client } = await device.connect(gateway, speech, as, manner());
  expect(hello?.auth.deviceToken).toMatch(/^dwd_/);
  client.close();
  return device;
}

async function outcome(device: Device, speech: Speech, as: ConnectAs, how: Partial<Manner> = {}): Promise<Outcome> {
  const result = await device.connect(gateway, speech, as, manner(how));
  result.client.close();
  return result;
}

describe.each(DIALECTS)('a device in $name', (speech) => {
  it('document 004: connect → pairing required with 1008 → approve → connect', async () => {
    const device = new Device();
    const first = await outcome(device, speech, operator);
    expect(first.failure).toMatchObject({ code: 'NOT_PAIRED' });
    expect(first.failure!.details).toMatchObject({
      code: 'PAIRING_REQUIRED',
      reason: 'not-paired',
      authReason: 'device_unknown',
      deviceId: device.id,
      requestedRole: 'operator',
      requestedScopes: operator.scopes,
    });
    expect(first.failure!.close).toMatch(/^1008 pairing required.*requestId/);

    await approve(first.failure!.details.requestId);
    const { hello } = await outcome(device, speech, operator);
    expect(hello.auth).toMatchObject({ method: 'device-token', role: 'operator', scopes: operator.scopes });
    expect(hello.auth.deviceToken).toMatch(/^dwd_/);
  });

  it('keeps its one request while it asks again, and another one when it asks for something else', async () => {
    const device = new Device();
    const id = async (as: ConnectAs): Promise<string> => (await outcome(device, speech, as)).failure!.details.requestId;
    const first = await id(operator);
    expect(await id(operator)).toBe(first);
    const second = await id({ ...operator, scopes: ['operator.read'] });
    expect(second).not.toBe(first);
    await expect(approve(first)).rejects.toMatchObject({ code: 'not_found' });
    await expect(approve(second)).resolves.toMatchObject({ id: device.id });
  });

  it.each(['v2', 'v3'] as const)('comes back with its token and a signature of %s', async (version) => {
    const device = await paired(speech);
    const { hello } = await outcome(
      device,
      speech,
      { auth: { deviceToken: device.token }, scopes: operator.scopes },
      { version },
    );
    expect(hello.auth).toMatchObject({ method: 'device-token', scopes: operator.scopes, deviceToken: device.token });
  });

  it.each([
    ['none at all', () => ({})],
    ['a stale one', () => ({ deviceToken: `dwd_${'x'.repeat(43)}` })],
    ['a stale one in the field for tokens', () => ({ token: `dwd_${'x'.repeat(43)}` })],
  ])('its key is enough: with %s it comes in and is given a fresh one, which is good', async (_what, auth) => {
    const device = await paired(speech);
    const old = device.token;
    const { hello } = await outcome(device, speech, { auth: auth(), scopes: operator.scopes });
    expect(hello.auth.scopes).toEqual(operator.scopes);
    expect(device.token).not.toBe(old);
    const reply = await gateway.get('/api/v1/whoami', { authorization: `Bearer ${device.token}` });
    expect(reply.body).toMatchObject({ method: 'device-token', deviceId: device.id });
    const refused = await gateway.get('/api/v1/whoami', { authorization: `Bearer ${old}` });
    expect([refused.status, refused.body.error.code]).toEqual([401, 'device_token_revoked']);
  });

  it('keeps its token when it comes in by another secret', async () => {
    const device = await paired(speech);
    const { hello } = await outcome(device, speech, operator);
    expect(hello.auth.deviceToken).toBeUndefined();
    expect((await gateway.get('/api/v1/whoami', { authorization: `Bearer ${device.token}` })).status).toBe(200);
  });

  it('asks for less and gets less', async () => {
    const device = await paired(speech);
    const { hello } = await outcome(device, speech, { auth: { deviceToken: device.token }, scopes: ['operator.read'] });
    expect(hello.auth.scopes).toEqual(['operator.read']);
  });

  it('S098: asks for more, is told what is missing, and keeps what it has', async () => {
    const device = await paired(speech);
    const { failure } = await outcome(device, speech, {
      ...operator,
      scopes: ['operator.admin'],
      client: { mode: 'backend' },
    });
    expect(failure!.details).toMatchObject({
      code: 'SCOPE_NOT_GRANTED',
      reason: 'scope-upgrade',
      authReason: 'scope_not_granted',
      requestedScopes: ['operator.admin'],
      approvedScopes: operator.scopes,
    });
    expect(failure!.message).not.toMatch(/pairing required/);
    const { hello } = await outcome(device, speech, { auth: { deviceToken: device.token } });
    expect(hello.auth.scopes).toEqual(operator.scopes);

    await approve(failure!.details.requestId);
    const wider = await outcome(device, speech, { ...operator, scopes: ['operator.admin'] });
    expect(wider.hello.auth.scopes).toEqual(['operator.admin']);
  });

  it('asks for another role: a person decides', async () => {
    const device = await paired(speech);
    const { failure } = await outcome(device, speech, { auth: token, role: 'node' });
    expect(failure!.details).toMatchObject({ reason: 'role-upgrade', approvedRoles: ['operator'] });
  });

  it('S022: comes from another platform: a person decides, on this machine too', async () => {
    const device = await paired(speech);
    const changed = { ...operator, client: { platform: 'windows' } };
    expect((await outcome(device, speech, changed)).failure!.details).toMatchObject({ reason: 'metadata-upgrade' });
    expect((await outcome(device, speech, changed, { headers: {} })).failure!.details).toMatchObject({
      reason: 'metadata-upgrade',
    });
  });

  it('is let in silently on this machine, and given a token', async () => {
    const device = new Device();
    const { hello } = await outcome(device, speech, operator, { headers: {} });
    expect(hello.auth).toMatchObject({ scopes: operator.scopes });
    expect(device.token).toMatch(/^dwd_/);
  });

  it('S008: is not let in silently for a page of somebody else', async () => {
    const device = new Device();
    await expect(outcome(device, speech, operator, { headers: { origin: 'https://evil.example' } })).rejects.toThrow(
      '403',
    );
    expect(await service(DevicesService).look(device.id)).toBeUndefined();
  });

  it('S096: is not let in silently for what it says of itself', async () => {
    const device = new Device();
    const headers = { 'x-forwarded-for': '127.0.0.1', host: 'localhost' };
    const { failure } = await outcome(
      device,
      speech,
      { ...operator, client: { id: 'openclaw-control-ui' } },
      { headers },
    );
    expect(failure!.details).toMatchObject({ reason: 'not-paired' });
    expect(device.token).toBeUndefined();
  });

  it.each([
    [
      'a token of no device',
      { tamper: (d: object) => ({ ...d, id: 'f'.repeat(64) }) },
      'DEVICE_AUTH_DEVICE_ID_MISMATCH',
    ],
    ['a signature of long ago', { now: 0 }, 'DEVICE_AUTH_SIGNATURE_EXPIRED'],
    ['a blank nonce', { tamper: (d: object) => ({ ...d, nonce: '' }) }, 'DEVICE_AUTH_NONCE_REQUIRED'],
    ['the nonce of another', { tamper: (d: object) => ({ ...d, nonce: 'x' }) }, 'DEVICE_AUTH_NONCE_MISMATCH'],
    [
      'a signature of nothing',
      { tamper: (d: object) => ({ ...d, signature: 'AAAA' }) },
      'DEVICE_AUTH_SIGNATURE_INVALID',
    ],
  ])('%s is refused with its own code, whatever else is shown', async (_what, how, code) => {
    const { failure } = await outcome(new Device(), speech, operator, how);
    expect(failure).toMatchObject({ code: 'INVALID_REQUEST', details: { code } });
    expect(failure!.close).toMatch(/^1008 unauthorized/);
  });

  it('S112: the token of another device is no way in', async () => {
    const [one, other] = [await paired(speech), await paired(speech)];
    const { failure } = await outcome(one, speech, { auth: { deviceToken: other.token } });
    expect(failure!.details).toMatchObject({ code: 'AUTH_DEVICE_TOKEN_MISMATCH' });
  });

  it('S114: wrong tokens of others do not undo a pairing', async () => {
    const device = await paired(speech);
    for (let i = 0; i < 5; i += 1) {
      const imposter = new Device();
      await outcome(
        imposter,
        speech,
        { auth: { deviceToken: 'wrong' } },
        { tamper: (d: object) => ({ ...d, id: device.id }) },
      );
    }
    expect((await outcome(device, speech, { auth: { deviceToken: device.token } })).hello).toBeDefined();
  });

  it('a node always is a device', async () => {
    const device = await paired(speech, { auth: token, role: 'node' });
    const { hello } = await outcome(device, speech, { role: 'node', auth: { deviceToken: device.token } });
    expect(hello.auth).toMatchObject({ role: 'node', scopes: [] });
  });

  it('S109: is cut off when it is removed, and does not heal', async () => {
    const device = await paired(speech);
    const { client } = await device.connect(gateway, speech, { auth: { deviceToken: device.token } }, manner());
    await service(DevicesService).remove(device.id, HOUSE);
    expect((await client.closed).code).toBe(1008);
    const { failure } = await outcome(device, speech, { auth: { deviceToken: device.token } });
    expect(failure!.details).toMatchObject({ authReason: 'device_token_revoked' });
    expect((await outcome(device, speech, operator)).failure!.details).toMatchObject({ reason: 'not-paired' });
  });

  it('S111: after a rotation the old token fails at once and its socket is closed', async () => {
    const device = await paired(speech);
    const old = device.token!;
    const { client } = await device.connect(gateway, speech, { auth: { deviceToken: old } }, manner());
    const rotated = await service(DeviceTokensService).rotate({ deviceId: device.id }, HOUSE);
    expect((await client.closed).code).toBe(1008);
    const refused = await gateway.get('/api/v1/whoami', { authorization: `Bearer ${old}` });
    expect([refused.status, refused.body.error.code]).toEqual([401, 'device_token_revoked']);
    expect((await gateway.get('/api/v1/whoami', { authorization: `Bearer ${rotated.token}` })).status).toBe(200);
  });

  it('a rotation with grace lets the old token live until the grace is over', async () => {
    const device = await paired(speech);
    const old = device.token!;
    await service(DeviceTokensService).rotate({ deviceId: device.id, graceMs: 60_000 }, HOUSE);
    expect((await gateway.get('/api/v1/whoami', { authorization: `Bearer ${old}` })).status).toBe(200);
    gateway.clock.advance(60_001);
    expect((await gateway.get('/api/v1/whoami', { authorization: `Bearer ${old}` })).status).toBe(401);
  });
});
