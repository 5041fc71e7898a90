import type { Scope } from '../../src/kernel/scopes.js';
import { type InvitedDevice, InvitesService } from '../../src/pairing/invites.service.js';
import { Device } from '../helpers/device.js';
import { bearer, HOUSE_TOKEN, type IssuedToken, startGateway, type TestGateway } from '../helpers/gateway.js';
import { World } from '../helpers/world.js';

/** A setup link gives what its maker may give at the moment when it is used, and no more. */
let gateway: TestGateway;
let world: World;

const configured = (token: string) => ({
  gateway: { auth: { token, loopback: 'deny', rateLimit: { maxAttempts: 1000 } } },
});

beforeAll(async () => {
  gateway = await startGateway({ config: configured(HOUSE_TOKEN), database: 'embedded' });
  world = new World(gateway);
});
afterAll(() => gateway.close());

interface Link {
  readonly id: string;
  readonly token: string;
}

async function linkBy(maker: string, scopes: Scope[] = ['operator.read', 'operator.pairing']): Promise<Link> {
  const { status, body } = await gateway.call('/api/v1/devices/invites', {
    method: 'POST',
    headers: bearer(maker),
    body: { scopes },
  });
  expect(status).toBe(201);
  const { bootstrapToken } = JSON.parse(Buffer.from(body.setupCode, 'base64url').toString()) as Record<string, string>;
  return { id: body.id, token: bootstrapToken! };
}

function newDevice(): InvitedDevice {
  const { id, publicKey } = new Device();
  return { id, publicKey, role: 'operator', source: '203.0.113.9' };
}

const redeem = (link: Link, device = newDevice()) => world.get(InvitesService).redeem(link.token, device);

/** The link lets nobody in, now or later, and the audit says why. */
async function expectEnded(link: Link): Promise<void> {
  const device = newDevice();
  await expect(redeem(link, device)).rejects.toMatchObject({ code: 'bootstrap_token_invalid' });
  expect(await world.rows('SELECT 1 FROM devices WHERE id = $1', [device.id])).toEqual([]);
  const told = await world.rows('SELECT action FROM audit_events WHERE target = $1 ORDER BY seq', [
    `device-invite:${link.id}`,
  ]);
  expect(told.at(-1)).toEqual({ action: 'device-invite.refused' });
}

const run = (sql: string) => (id: string) => world.rows(sql, [id]);

// prettier-ignore
describe.each<[string, (maker: IssuedToken & { sessionId?: string }) => Promise<unknown>]>([
  ['token is revoked',             ({ id }) => run('UPDATE gateway_tokens SET revoked_at = now() WHERE id = $1')(id)],
  ['token has ended',              ({ id }) => run('UPDATE gateway_tokens SET expires_at = now() WHERE id = $1')(id)],
  ['token was narrowed',           ({ id }) => run(`UPDATE gateway_tokens SET scopes = '{operator.pairing}' WHERE id = $1`)(id)],
  ['sign-in has ended',            ({ sessionId }) => run('UPDATE user_sessions SET revoked_at = now() WHERE id = $1')(sessionId!)],
  ['person is suspended',          ({ userId }) => run(`UPDATE users SET status = 'suspended' WHERE id = $1`)(userId)],
  ['person is a member now',       ({ userId }) => run(`UPDATE users SET role = 'member' WHERE id = $1`)(userId)],
])('the link of one whose %s', (_, lose) => {
  it('lets nobody in', async () => {
    const maker = await signedInAdmin();
    const [used, unused] = [await linkBy(maker.token), await linkBy(maker.token)];
    await expect(redeem(used)).resolves.toBeDefined();
    await lose(maker);
    await expectEnded(unused);
  });
});

async function signedInAdmin(): Promise<IssuedToken & { sessionId: string }> {
  const issued = await world.sessionToken();
  await world.change({ kind: 'user', id: issued.userId }, `UPDATE users SET role = 'admin' WHERE id = $1`);
  return issued;
}

describe('the link of a device', () => {
  const adminDevice = () => world.device({ scopes: ['operator.admin'] });

  // prettier-ignore
  it.each<[string, (id: string) => Promise<unknown>]>([
    ['that was removed',             (id) => gateway.call(`/api/v1/devices/${id}`, { method: 'DELETE', headers: bearer(HOUSE_TOKEN) })],
    ['whose token was revoked',      (id) => gateway.call(`/api/v1/devices/${id}/token/revoke`, { method: 'POST', headers: bearer(HOUSE_TOKEN), body: {} })],
    ['that was narrowed',            run(`UPDATE devices SET approved_scopes = '{operator.pairing}' WHERE id = $1`)],
  ])('%s lets nobody in', async (_, lose) => {
    const { id, token } = await adminDevice();
    const link = await linkBy(token);
    await lose(id);
    await expectEnded(link);
  });

  it('whose token was only rotated lets a device in', async () => {
    const { id, token } = await adminDevice();
    const link = await linkBy(token);
    const { status } = await gateway.call(`/api/v1/devices/${id}/token/rotate`, {
      method: 'POST',
      headers: bearer(HOUSE_TOKEN),
      body: {},
    });
    expect(status).toBe(200);
    await expect(redeem(link)).resolves.toMatchObject({ scopes: ['operator.read', 'operator.pairing'] });
  });
});

it('the link of whoever held the house key ends with that key', async () => {
  const [kept, lost] = [await linkBy(HOUSE_TOKEN), await linkBy(HOUSE_TOKEN)];
  await expect(redeem(kept)).resolves.toBeDefined();
  await world.configure(configured('another-house-key-2b7e151628aed2a6abf71589'));
  await expectEnded(lost);
  await world.configure(configured(HOUSE_TOKEN));
  await expect(redeem(lost)).rejects.toMatchObject({ code: 'bootstrap_token_invalid' });
});

it('a link gives what its maker can still grant, though the maker lost something else', async () => {
  const maker = await gateway.gatewayToken({ email: 'less@example.com', role: 'admin' });
  const link = await linkBy(maker.token, ['operator.read']);
  await world.change(
    { kind: 'gateway-token', id: maker.id },
    `UPDATE gateway_tokens SET scopes = '{operator.pairing,operator.read}' WHERE id = $1`,
  );
  await expect(redeem(link)).resolves.toMatchObject({ scopes: ['operator.read'] });
});
