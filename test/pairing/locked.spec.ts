import { Device, type Manner } from '../helpers/device.js';
import { HOUSE_TOKEN, bearer, startGateway, type TestGateway } from '../helpers/gateway.js';
import { NATIVE, WsClient } from '../helpers/ws-client.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({
    config: { gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' } } },
    database: 'embedded',
  });
});

afterAll(() => gateway.close());

const manner = (): Manner => ({ now: gateway.clock.now() });

it('a locked address keeps everybody out but the paired devices behind it', async () => {
  const [paired, stranger] = [new Device(), new Device()];
  (await paired.connect(gateway, NATIVE, { auth: { token: HOUSE_TOKEN } }, manner())).client.close();
  for (let i = 0; i < 20; i += 1) expect((await gateway.get('/api/v1/whoami', bearer(`wrong ${i}`))).status).toBe(401);
  expect((await gateway.get('/api/v1/whoami', bearer(HOUSE_TOKEN))).status).toBe(429);

  const known = await paired.connect(gateway, NATIVE, { auth: { deviceToken: paired.token } }, manner());
  expect(known.hello.auth.method).toBe('device-token');
  known.client.close();

  const without = await stranger.connect(gateway, NATIVE, { auth: { token: HOUSE_TOKEN } }, manner());
  expect(without.failure!.details).toMatchObject({ code: 'AUTH_RATE_LIMITED' });
  const forged = await stranger.connect(
    gateway,
    NATIVE,
    { auth: { token: HOUSE_TOKEN } },
    { ...manner(), tamper: (device) => ({ ...device, id: paired.id, publicKey: paired.publicKey }) },
  );
  expect(forged.failure!.details).toMatchObject({ code: 'AUTH_RATE_LIMITED' });
  const plain = await WsClient.open(gateway);
  const refused = await plain.ask(NATIVE.call(1, 'connect', { auth: { token: HOUSE_TOKEN } }));
  expect(NATIVE.failure(refused).details).toMatchObject({ code: 'AUTH_RATE_LIMITED' });
});

it('an address that no device has come from is refused at the upgrade', async () => {
  for (let i = 0; i < 20; i += 1) {
    await gateway.call('/api/v1/whoami', { headers: bearer(`wrong ${i}`), from: '127.0.0.2' });
  }
  const { status } = await WsClient.refusal(gateway, { from: '127.0.0.2' });
  expect(status).toBe(429);
});
