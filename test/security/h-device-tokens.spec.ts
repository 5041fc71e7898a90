import { PairingService } from '../../src/pairing/pairing.service.js';
import { Device, type Manner } from '../helpers/device.js';
import { bearer, HOUSE, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { World } from '../helpers/world.js';
import { DIALECTS, type Frame, NATIVE, type Speech } from '../helpers/ws-client.js';

/** What the contract gives a revocation. */
const BOUND_MS = 1000;

let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  const config = { gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny' }, trustedProxies: ['127.0.0.1'] } };
  gateway = await startGateway({ config, database: 'embedded' });
  world = new World(gateway);
});
afterAll(() => gateway.close());

/** Somebody at an address of their own, behind a proxy that is trusted. */
const from = (address: string): Manner => ({ headers: { 'x-forwarded-for': address }, now: gateway.clock.now() });

const post = (id: string, path: string) =>
  gateway.call(`/api/v1/devices/${id}${path}`, { method: 'POST', headers: bearer(HOUSE_TOKEN), body: {} });

/** A device that a person has let in, with a key and a token. */
async function paired(speech: Speech): Promise<Device> {
  const device = new Device();
  const as = { auth: { token: HOUSE_TOKEN }, scopes: ['operator.read', 'operator.pairing'] };
  const { failure } = await device.connect(gateway, speech, as, from('198.51.100.1'));
  await world.get(PairingService).approve(failure!.details.requestId, HOUSE);
  const { client } = await device.connect(gateway, speech, as, from('198.51.100.1'));
  client.close();
  return device;
}

const whoami = async (token: string): Promise<number> => (await gateway.get('/api/v1/whoami', bearer(token))).status;

describe.each(DIALECTS)('S109: what ends a token ends what is open, in $name', (speech) => {
  // prettier-ignore
  it.each<[string, (id: string) => Promise<{ status: number }>, number]>([
    ['revoked', (id) => post(id, '/token/revoke'),  200],
    ['rotated', (id) => post(id, '/token/rotate'),  200],
    ['removed', (id) => gateway.call(`/api/v1/devices/${id}`, { method: 'DELETE', headers: bearer(HOUSE_TOKEN) }), 204],
  ])('%s', async (_, end, status) => {
    const device = await paired(speech);
    const token = device.token!;
    const as = { auth: { deviceToken: token } };
    const open = [];
    for (const address of ['198.51.100.1', '198.51.100.2']) {
      const { client, hello } = await device.connect(gateway, speech, as, from(address));
      expect(hello.auth.method).toBe('device-token');
      open.push(client);
    }
    const begun = performance.now();
    expect((await end(device.id)).status).toBe(status);
    expect(await whoami(token)).toBe(401);
    for (const client of open) expect((await client.closed).code).toBe(1008);
    expect(performance.now() - begun).toBeLessThan(BOUND_MS);
    for (const client of open) expect(await drained(client)).toEqual([]);
  });

  /** The answers that came although the socket was closed. */
  async function drained(client: { next(): Promise<Frame> }): Promise<Frame[]> {
    const frames: Frame[] = [];
    for (let frame = await client.next(); frame !== undefined; frame = await client.next()) {
      if (speech.result(frame) !== undefined) frames.push(frame);
    }
    return frames;
  }
});

describe('S114: fifty bad tokens in the name of a paired device', () => {
  // prettier-ignore
  it.each<[string, (victim: Device) => (shown: Frame) => Frame]>([
    ['by its id and key, without its signature', (victim) => (shown) => ({ ...shown, id: victim.id, publicKey: victim.publicKey })],
    ['by its id and a key of their own',         (victim) => (shown) => ({ ...shown, id: victim.id })],
  ])('%s leave its pairing alone, and limit their own address only', async (_, impersonating) => {
    const victim = await paired(NATIVE);
    const before = await world.rows('SELECT * FROM device_tokens WHERE device_id = $1', [victim.id]);
    const refused: string[] = [];
    for (let n = 0; n < 50; n += 1) {
      const manner = { ...from('198.51.100.66'), tamper: impersonating(victim) };
      const guess = new Device().connect(gateway, NATIVE, { auth: { deviceToken: `dwd_${'x'.repeat(43)}` } }, manner);
      refused.push(await guess.then(({ failure }) => failure!.details.code, (error: Error) => error.message));
    }
    expect(refused.every((code) => /^DEVICE_AUTH_|AUTH_RATE_LIMITED|429/.test(code))).toBe(true);
    expect(await world.rows('SELECT * FROM device_tokens WHERE device_id = $1', [victim.id])).toEqual(before);

    const { hello, client } = await victim.connect(
      gateway,
      NATIVE,
      { auth: { deviceToken: victim.token } },
      from('198.51.100.3'),
    );
    expect(hello.auth).toMatchObject({ method: 'device-token', deviceToken: victim.token });
    client.close();
    await world.forgive();
  });

  it('so do fifty bearers over REST, of which the first twenty are judged', async () => {
    const victim = await paired(NATIVE);
    const statuses: number[] = [];
    for (let n = 0; n < 50; n += 1) {
      const headers = { ...bearer(`dwd_${String(n).padStart(43, 'x')}`), 'x-forwarded-for': '198.51.100.67' };
      statuses.push((await gateway.get('/api/v1/whoami', headers)).status);
    }
    expect(statuses).toEqual([...Array<number>(20).fill(401), ...Array<number>(30).fill(429)]);
    expect(await whoami(victim.token!)).toBe(200);
    const { hello, client } = await victim.connect(
      gateway,
      NATIVE,
      { auth: { deviceToken: victim.token } },
      from('198.51.100.3'),
    );
    expect(hello).toBeDefined();
    client.close();
    await world.forgive();
  });
});
