import { Device, ELSEWHERE, type Manner } from '../helpers/device.js';
import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { until } from '../helpers/until.js';
import { World } from '../helpers/world.js';
import { connected, DIALECTS, type Frame, NATIVE } from '../helpers/ws-client.js';
import { cli } from '../cli/in-process.js';

let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  const auth = { token: HOUSE_TOKEN, loopback: 'deny', rateLimit: { maxAttempts: 1000 } };
  gateway = await startGateway({ config: { gateway: { auth } }, database: 'embedded' });
  world = new World(gateway);
});
afterAll(() => gateway.close());

const house = bearer(HOUSE_TOKEN);
const elsewhere = (): Manner => ({ ...ELSEWHERE, now: gateway.clock.now() });

const overRest = async (id: string, headers = house): Promise<Frame> => {
  const one = (await gateway.get(`/api/v1/devices/${id}`, headers)).body;
  const { items } = (await gateway.get('/api/v1/devices?limit=200', headers)).body;
  expect(items.find((device: Frame) => device.id === id)).toEqual(one);
  return one;
};

const openTo = (token: string) => connected(gateway, NATIVE, { auth: { deviceToken: token } }, ELSEWHERE);

it('a device is shown as connected while it has a connection, and no longer', async () => {
  const { id, token } = await world.device({ scopes: ['operator.read'] });
  expect(await overRest(id)).toMatchObject({ connected: false, self: false });
  const [one, other] = [await openTo(token), await openTo(token)];
  expect(await overRest(id)).toMatchObject({ connected: true });
  one.client.close();
  await one.client.closed;
  expect(await overRest(id)).toMatchObject({ connected: true });
  other.client.close();
  await until('the device to be gone', async () => (await overRest(id)).connected === false);
});

it('over REST a device sees which one it is', async () => {
  const [own, other] = [await world.device({ scopes: ['operator.admin'] }), await world.device()];
  expect(await overRest(own.id, bearer(own.token))).toMatchObject({ self: true });
  expect(await overRest(other.id, bearer(own.token))).toMatchObject({ self: false });
});

it.each(DIALECTS)('over $name as well, of devices with and without a key', async (speech) => {
  const device = new Device();
  const as = { auth: { token: HOUSE_TOKEN }, scopes: ['operator.admin'] };
  const first = await device.connect(gateway, speech, as, elsewhere());
  await gateway.call(`/api/v1/devices/pending/${first.failure!.details.requestId}/approve`, {
    method: 'POST',
    headers: house,
    body: {},
  });
  const { client } = await device.connect(gateway, speech, as, elsewhere());
  const keyless = await world.device({ role: 'node' });

  const { paired } = speech.result(await client.ask(speech.call(2, 'device.pair.list')));
  const find = (id: string): Frame => paired.find(({ deviceId }: Frame) => deviceId === id);
  expect(find(device.id)).toMatchObject({ connected: true, self: true });
  expect(find(keyless.id)).toMatchObject({ connected: false, self: false });

  const { paired: nodes } = speech.result(await client.ask(speech.call(3, 'node.pair.list')));
  expect(nodes.find(({ nodeId }: Frame) => nodeId === keyless.id)).toMatchObject({ connected: false, self: false });
  client.close();
});

describe('on the command line', () => {
  const run = (line: string, token = HOUSE_TOKEN) => {
    const environment = {
      HOME: '/nonexistent',
      DOORWARD_GATEWAY_PORT: String(gateway.port),
      DOORWARD_GATEWAY_TOKEN: token,
    };
    return cli(line, { environment });
  };
  const rowOf = (id: string, stdout: string): string => {
    const name = id.slice(0, 16).match(/.{4}/g)!.join('-');
    return stdout.split('\n').find((line) => line.startsWith(name))!;
  };

  it('`devices list` says who is connected, and who is asking', async () => {
    const [here, away] = [await world.device({ scopes: ['operator.admin'] }), await world.device()];
    const { client } = await openTo(here.token);
    const { stdout } = await run('devices list', here.token);
    expect(rowOf(here.id, stdout)).toMatch(/\(this is you\).* connected$/);
    expect(rowOf(away.id, stdout)).toMatch(/never$/);
    const { paired } = JSON.parse((await run('devices list --json')).stdout) as { paired: Frame[] };
    expect(paired.find(({ id }) => id === here.id)).toMatchObject({ connected: true, self: false });
    client.close();
  });

  it('`nodes status` and `nodes pending` show commands', async () => {
    const node = new Device();
    const as = { role: 'node', commands: ['camera.snap'], auth: { token: HOUSE_TOKEN } };
    const { failure } = await node.connect(gateway, NATIVE, as, elsewhere());
    expect((await run('nodes pending')).stdout).toMatch(/COMMANDS[^]*\+camera\.snap/);
    const { requestId } = failure!.details;
    expect((await run(`nodes approve ${requestId} --yes`)).code).toBe(0);
    const { client } = await node.connect(gateway, NATIVE, as, elsewhere());
    expect(rowOf(node.id, (await run('nodes status')).stdout)).toMatch(/camera\.snap +connected$/);
    client.close();
  });
});
