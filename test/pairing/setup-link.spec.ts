import { InvitesService } from '../../src/pairing/invites.service.js';
import { Device, ELSEWHERE, type Manner } from '../helpers/device.js';
import { HOUSE_TOKEN, KEY_HOLDER, startGateway, type TestGateway } from '../helpers/gateway.js';
import { DIALECTS, NATIVE } from '../helpers/ws-client.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({
    config: { gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' } } },
    database: 'embedded',
  });
});

afterAll(() => gateway.close());

const elsewhere = (address = '203.0.113.9'): Manner => ({
  ...ELSEWHERE,
  headers: { 'x-forwarded-for': address },
  now: gateway.clock.now(),
});

const invite = (role: 'operator' | 'node' = 'operator') =>
  gateway.app.get(InvitesService, { strict: false }).create({ role }, KEY_HOLDER);

describe.each(DIALECTS)('a setup link in $name', (speech) => {
  it('lets a new device in without a person, and hands it its token', async () => {
    const { token } = await invite();
    const device = new Device();
    const { hello, client } = await device.connect(gateway, speech, { auth: { bootstrapToken: token } }, elsewhere());
    expect(hello.auth).toMatchObject({ role: 'operator', scopes: ['operator.read', 'operator.write'] });
    expect(device.token).toMatch(/^dwd_/);
    client.close();
    const again = await device.connect(gateway, speech, { auth: { deviceToken: device.token } }, elsewhere());
    expect(again.hello).toBeDefined();
    again.client.close();
  });

  it('S091: is spent by the first device, for every other one and after it', async () => {
    const { token } = await invite();
    await new Device().connect(gateway, speech, { auth: { bootstrapToken: token } }, elsewhere());
    const { failure } = await new Device().connect(gateway, speech, { auth: { bootstrapToken: token } }, elsewhere());
    expect(failure!.details).toMatchObject({ code: 'AUTH_BOOTSTRAP_TOKEN_INVALID', authProvided: 'bootstrap-token' });
    expect(failure!.close).toMatch(/^1008 unauthorized/);
  });

  it('is for one role, and gives no more than that', async () => {
    const { token } = await invite('node');
    const { failure } = await new Device().connect(gateway, speech, { auth: { bootstrapToken: token } }, elsewhere());
    expect(failure!.details).toMatchObject({ code: 'AUTH_BOOTSTRAP_TOKEN_INVALID' });
    const as = { auth: { bootstrapToken: token }, role: 'node' };
    const { hello, client } = await new Device().connect(gateway, speech, as, elsewhere());
    expect(hello.auth).toMatchObject({ role: 'node', scopes: [] });
    client.close();
  });
});

it('S142: guesses at setup codes are limited like all others', async () => {
  const guess = (n: number) =>
    new Device().connect(
      gateway,
      NATIVE,
      { auth: { bootstrapToken: `dwi_${n}` } },
      { now: gateway.clock.now(), from: '127.0.0.3' },
    );
  const codes: string[] = [];
  for (let n = 0; n < 20; n += 1) codes.push((await guess(n)).failure!.details.code);
  expect(new Set(codes)).toEqual(new Set(['AUTH_BOOTSTRAP_TOKEN_INVALID']));
  await expect(guess(21)).rejects.toThrow('429');
});

it('S226: of thirty devices that come by one link at once, one is let in', async () => {
  const { token } = await invite();
  const outcomes = await Promise.all(
    Array.from({ length: 30 }, (_, n) =>
      new Device().connect(
        gateway,
        NATIVE,
        { auth: { bootstrapToken: token } },
        { now: gateway.clock.now(), from: `127.0.1.${1 + (n % 15)}` },
      ),
    ),
  );
  expect(outcomes.filter(({ hello }) => hello !== undefined)).toHaveLength(1);
  for (const { client } of outcomes) client.close();
});
