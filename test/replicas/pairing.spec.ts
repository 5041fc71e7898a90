import { built } from '../helpers/cli.js';
import { Device, ELSEWHERE, type Manner } from '../helpers/device.js';
import { bearer, HOUSE_TOKEN } from '../helpers/gateway.js';
import { given } from '../helpers/given.js';
import { type Elsewhere, elsewhere } from '../helpers/namespace.js';
import { hasPostgres, type Postgres, startPostgres } from '../helpers/postgres.js';
import { Replica } from '../helpers/replica.js';
import { until } from '../helpers/until.js';
import { connected, DIALECTS, type Frame, NATIVE, WsClient } from '../helpers/ws-client.js';

/** What the contract gives a notice, on every replica. */
const BOUND_MS = 1000;

const house = bearer(HOUSE_TOKEN);
const asHouse = { auth: { token: HOUSE_TOKEN } };

let far: Elsewhere;

beforeAll(async () => {
  await built();
  far = await elsewhere();
});
afterAll(() => far.close());

/** From another machine, as far as this one can play it; else through something that forwards. */
const remote = (at: Replica): Manner => {
  const now = Date.now();
  return far.kind === 'given' ? { ...ELSEWHERE, now } : { now, dial: far.from(far.addresses[0], { port: at.port }) };
};

it('document 004 as printed: pairing required, `devices approve`, let in', async () => {
  const replica = await Replica.start({ env: { DOORWARD_GATEWAY_TOKEN: HOUSE_TOKEN, DOORWARD_GATEWAY_BIND: 'lan' } });
  const device = new Device();
  const { failure } = await device.connect(replica, NATIVE, asHouse, remote(replica));
  expect(failure!.close).toMatch(/^1008 pairing required/);
  const { requestId } = failure!.details;

  const env = { DOORWARD_GATEWAY_PORT: String(replica.port) };
  expect((await replica.home.run(['devices', 'list'], { env })).stdout).toContain(requestId);
  const approved = await replica.home.run(['devices', 'approve', requestId], { env });
  expect(approved).toMatchObject({ code: 0 });
  const { hello, client } = await device.connect(replica, NATIVE, asHouse, remote(replica));
  expect(hello.auth.deviceToken).toMatch(/^dwd_/);
  client.close();
  await replica.end();
  await replica.home.remove();
});

it('S096: from another machine, nothing that a device says of itself makes it local', async () => {
  const replica = await Replica.start({ env: { DOORWARD_GATEWAY_TOKEN: HOUSE_TOKEN, DOORWARD_GATEWAY_BIND: 'lan' } });
  const place = `localhost:${replica.port}`;
  const headers = { host: place, origin: `http://${place}`, 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1' };
  for (const client of [
    { id: 'openclaw-control-ui', mode: 'ui' },
    { id: 'gateway-client', mode: 'backend' },
  ]) {
    const device = new Device();
    const as = { ...asHouse, client, scopes: ['operator.admin'] };
    const { failure } = await device.connect(replica, NATIVE, as, { ...remote(replica), headers });
    expect(failure!.details).toMatchObject({ reason: 'not-paired' });
    expect(device.token).toBeUndefined();
  }
  const { items } = (await replica.get('/api/v1/devices/pending', house)).body;
  expect(items).toHaveLength(2);
  expect((await replica.get('/api/v1/devices', house)).body.items).toEqual([]);
  await replica.end();
  await replica.home.remove();
});

given(hasPostgres, 'devices at two replicas on one PostgreSQL', () => {
  let postgres: Postgres;
  let url: string;
  let one: Replica;
  let other: Replica;

  beforeAll(async () => {
    postgres = await startPostgres();
    const env = {
      DOORWARD_GATEWAY_TOKEN: HOUSE_TOKEN,
      DOORWARD_GATEWAY_BIND: 'lan',
      DATABASE_URL: (url = await postgres.database()),
    };
    [one, other] = await Promise.all([Replica.start({ env }), Replica.start({ env })]);
  });

  afterAll(async () => {
    await Promise.all([one, other].map((replica) => replica.end()));
    await Promise.all([one, other].map(({ home }) => home.remove()));
    await postgres.dispose();
  });

  const decide = (at: Replica, requestId: string, verb = 'approve') =>
    at.call(`/api/v1/devices/pending/${requestId}/${verb}`, { method: 'POST', headers: house, body: {} });

  describe.each(DIALECTS)('in $name', (speech) => {
    it('document 004, from another machine: asked at one, approved at the other, let in at both', async () => {
      const device = new Device();
      const first = await device.connect(one, speech, asHouse, remote(one));
      expect(first.failure!.close).toMatch(/^1008 pairing required/);

      const { status } = await decide(other, first.failure!.details.requestId);
      expect(status).toBe(200);
      for (const at of [one, other]) {
        const { hello, client } = await device.connect(at, speech, { auth: { deviceToken: device.token } }, remote(at));
        expect(hello.auth).toMatchObject({ method: 'device-token', scopes: ['operator.read', 'operator.write'] });
        client.close();
      }
    });

    it('document 002: a node waits at one and is approved at the other; its socket gets the token', async () => {
      const node = await WsClient.open(one, remote(one));
      const asked = speech.result(await node.ask(speech.call(1, 'node.pair.request', { nodeId: `n-${Date.now()}` })));
      const begun = performance.now();
      await decide(other, asked.requestId);
      let frame: Frame;
      do frame = await node.next();
      while ((frame.event ?? frame.method) !== 'node.pair.resolved');
      expect(performance.now() - begun).toBeLessThan(BOUND_MS);

      const { token } = frame.payload ?? frame.params;
      const hello = speech.result(await node.ask(speech.call(2, 'connect', { role: 'node', auth: { token } })));
      expect(hello.auth).toMatchObject({ method: 'device-token', role: 'node' });
      node.close();
    });

    it('a device that is connected to one is shown as connected by both, and no longer when it goes or that one dies', async () => {
      const device = new Device();
      const { failure } = await device.connect(one, speech, asHouse, remote(one));
      await decide(one, failure!.details.requestId);
      const { client } = await device.connect(one, speech, asHouse, remote(one));
      const isShown = async (at: Replica) => (await at.get(`/api/v1/devices/${device.id}`, house)).body.connected;
      expect(await isShown(one)).toBe(true);
      await until('the other to know', () => isShown(other));

      const own = `SELECT replica_id FROM device_presence WHERE device_id = '${device.id}'`;
      const told = (sql: string) => postgres.query(`UPDATE replicas SET alive_until = ${sql} WHERE id = (${own})`, url);
      await told('now()');
      expect(await isShown(other)).toBe(false);
      await told(`now() + interval '1 minute'`);
      expect(await isShown(other)).toBe(true);
      client.close();
      await until('the other to know that it went', async () => !(await isShown(other)));
    });

    it('what a node declares at one is shown by both', async () => {
      const node = new Device();
      const as = { ...asHouse, role: 'node', commands: ['camera.snap'] };
      const { failure } = await node.connect(one, speech, as, remote(one));
      await decide(other, failure!.details.requestId);
      const { client, hello } = await node.connect(one, speech, as, remote(one));
      expect(hello.node.commands).toEqual(['camera.snap']);
      const { client: person } = await connected(other, speech, asHouse, remote(other));
      await until('the other to know', async () => {
        const { nodes } = speech.result(await person.ask(speech.call(2, 'node.list')));
        const found = nodes.find(({ nodeId }: Frame) => nodeId === node.id);
        return found.connected && found.commands.join() === 'camera.snap';
      });
      for (const socket of [client, person]) socket.close();
    });

    it('a removed device is cut off at both', async () => {
      const device = new Device();
      const { failure } = await device.connect(one, speech, asHouse, remote(one));
      await decide(one, failure!.details.requestId);
      const opened = [];
      for (const at of [one, other])
        opened.push(await device.connect(at, speech, { auth: { deviceToken: device.token } }, remote(at)));
      const begun = performance.now();
      await other.call(`/api/v1/devices/${device.id}`, { method: 'DELETE', headers: house });
      for (const { client } of opened) expect((await client.closed).code).toBe(1008);
      expect(performance.now() - begun).toBeLessThan(BOUND_MS);
    });
  });
});
