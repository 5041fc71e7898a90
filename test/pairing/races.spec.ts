import { DeviceTokensService } from '../../src/pairing/device-tokens.service.js';
import { DevicesService } from '../../src/pairing/devices.service.js';
import { PairingService } from '../../src/pairing/pairing.service.js';
import { Device, type Manner } from '../helpers/device.js';
import { bearer, HOUSE, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { askToPair } from '../helpers/pairing.js';
import { World } from '../helpers/world.js';
import { NATIVE } from '../helpers/ws-client.js';

let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  const auth = { token: HOUSE_TOKEN, loopback: 'deny', rateLimit: { maxAttempts: 1000 } };
  gateway = await startGateway({ config: { gateway: { auth } }, database: 'embedded' });
  world = new World(gateway);
});

afterAll(() => gateway.close());

const manner = (): Manner => ({ now: gateway.clock.now() });
const house = { auth: { token: HOUSE_TOKEN } };

/** A device of this machine, with its token. */
async function device(): Promise<Device & { token: string }> {
  const made = new Device();
  (await made.connect(gateway, NATIVE, house, manner())).client.close();
  return made as Device & { token: string };
}

it('fifty approvals and rejections of one request at once end in one state and one line of audit', async () => {
  const { requestId, deviceId } = await askToPair(world);
  const pairing = world.get(PairingService);
  const decisions = await Promise.allSettled(
    Array.from({ length: 50 }, (_, n) =>
      n % 2 === 0 ? pairing.approve(requestId, HOUSE) : pairing.reject(requestId, HOUSE),
    ),
  );
  const settled = decisions.filter(({ status }) => status === 'fulfilled');
  expect(settled).toHaveLength(1);
  const reasons = decisions.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
  expect(new Set(reasons)).toEqual(new Set(['not_found']));

  const target = `device:${deviceId}`;
  expect(await world.rows(`SELECT 1 FROM audit_events WHERE target = $1`, [target])).toHaveLength(1);
  expect((await world.rows(`SELECT 1 FROM device_tokens WHERE device_id = $1`, [deviceId])).length).toBeLessThanOrEqual(
    1,
  );
});

it('S228: of twenty rotations at once one token is good in the end, and every other one is not', async () => {
  const { id } = await device();
  const tokens = world.get(DeviceTokensService);
  const rotated = await Promise.all(Array.from({ length: 20 }, () => tokens.rotate({ deviceId: id }, HOUSE)));
  const answers = await Promise.all(rotated.map(({ token }) => gateway.get('/api/v1/whoami', bearer(token))));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(19);
});

it.each([
  ['revoked', (id: string) => world.get(DeviceTokensService).revoke(id, 'operator', HOUSE)],
  ['rotated', (id: string) => world.get(DeviceTokensService).rotate({ deviceId: id }, HOUSE)],
  ['removed with its device', (id: string) => world.get(DevicesService).remove(id, HOUSE)],
])('S234: a token that is %s while it connects is never in after the answer was given', async (_how, end) => {
  for (let round = 0; round < 10; round += 1) {
    const { id, token } = await device();
    const coming = Array.from({ length: 10 }, () =>
      new Device().connect(gateway, NATIVE, { auth: { token } }, manner()).catch(() => undefined),
    );
    const plain = Array.from({ length: 10 }, () => gateway.get('/api/v1/whoami', bearer(token)));
    await end(id);
    const after = await gateway.get('/api/v1/whoami', bearer(token));
    expect(after.status).toBe(401);
    await Promise.all(plain);
    const clients = (await Promise.all(coming)).flatMap((outcome) => outcome?.client ?? []);
    const closed = await Promise.all(clients.map((client) => client.closed));
    expect(new Set(closed.map(({ code }) => code))).toEqual(new Set([1008]));
  }
});

it('S230: twenty devices approved at once, while tokens rotate: none is lost', async () => {
  const { id } = await device();
  const waiting = await Promise.all(Array.from({ length: 20 }, () => askToPair(world)));
  await Promise.all([
    ...waiting.map(({ requestId }) => world.get(PairingService).approve(requestId, HOUSE)),
    ...Array.from({ length: 5 }, () => world.get(DeviceTokensService).rotate({ deviceId: id }, HOUSE)),
  ]);
  const ids = waiting.map(({ deviceId }) => deviceId);
  expect(await world.rows(`SELECT id FROM devices WHERE id = ANY($1) AND revoked_at IS NULL`, [ids])).toHaveLength(20);
});
