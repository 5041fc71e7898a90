import { Device, ELSEWHERE, type Manner } from '../helpers/device.js';
import { PairingService } from '../../src/pairing/pairing.service.js';
import { HOUSE, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { DIALECTS, type Frame, JSON_RPC, type Speech, WsClient, connected } from '../helpers/ws-client.js';
import { World } from '../helpers/world.js';

let gateway: TestGateway;
let serial = 0;

beforeAll(async () => {
  gateway = await startGateway({
    config: { gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny', rateLimit: { maxAttempts: 1000 } } } },
    database: 'embedded',
  });
});

afterAll(() => gateway.close());

const nodeId = (): string => `node-${++serial}`;
const elsewhere = (): Manner => ({ ...ELSEWHERE, now: gateway.clock.now() });

/** Somebody who decides, on an open connection. */
async function operator(
  speech: Speech,
): Promise<{ client: WsClient; call(method: string, params?: unknown): Promise<Frame> }> {
  const { client } = await connected(gateway, speech, { auth: { token: HOUSE_TOKEN } });
  const call = async (method: string, params?: unknown): Promise<Frame> => {
    const answer = await client.ask(speech.call(++serial, method, params));
    return speech.result(answer) ?? { error: speech.failure(answer) };
  };
  return { client, call };
}

/** The next event of this name; others are passed over. */
async function event(client: WsClient, name: string): Promise<Frame> {
  for (;;) {
    const frame = await client.next();
    if (frame === undefined) throw new Error(`the socket closed before ${name}`);
    if ((frame.event ?? frame.method) === name) return frame.payload ?? frame.params;
  }
}

describe.each(DIALECTS)('document 002 in $name', (speech) => {
  it('request → approve → token → connect, on the socket that waits', async () => {
    const person = await operator(speech);
    const node = await WsClient.open(gateway, ELSEWHERE);
    const id = nodeId();
    const asked = speech.result(
      await node.ask(speech.call(1, 'node.pair.request', { nodeId: id, displayName: 'kitchen' })),
    );
    expect(asked).toMatchObject({
      status: 'pending',
      code: expect.stringMatching(/^[A-Z]{4}-\d{4}$/),
      claimSecret: expect.any(String),
    });

    const seen = await event(person.client, 'node.pair.requested');
    expect(seen).toMatchObject({ requestId: asked.requestId, code: asked.code, displayName: 'kitchen' });
    expect(JSON.stringify(seen)).not.toContain(asked.claimSecret);

    const approved = await person.call('node.pair.approve', { requestId: asked.requestId });
    expect(approved).toMatchObject({ requestId: asked.requestId, node: { nodeId: id } });
    const resolved = await event(node, 'node.pair.resolved');
    expect(resolved).toMatchObject({ decision: 'approved', nodeId: id, token: expect.stringMatching(/^dwd_/) });
    expect(JSON.stringify(approved)).not.toContain(resolved.token);

    const hello = speech.result(
      await node.ask(speech.call(2, 'connect', { role: 'node', auth: { token: resolved.token } })),
    );
    expect(hello.auth).toMatchObject({ method: 'device-token', role: 'node', scopes: [] });
    node.close();
    person.client.close();
  });

  it('by a claim, once, from another socket', async () => {
    const person = await operator(speech);
    const first = await WsClient.open(gateway, ELSEWHERE);
    const asked = speech.result(await first.ask(speech.call(1, 'node.pair.request', { nodeId: nodeId() })));
    first.close();
    const claim = async (secret: string): Promise<Frame> => {
      const client = await WsClient.open(gateway, ELSEWHERE);
      const answer = await client.ask(
        speech.call(1, 'node.pair.claim', { requestId: asked.requestId, claimSecret: secret }),
      );
      client.close();
      return speech.result(answer) ?? speech.failure(answer);
    };
    expect(await claim(asked.claimSecret)).toMatchObject({ decision: 'pending' });
    await person.call('node.pair.approve', { requestId: asked.requestId });
    expect(await claim('wrong')).toMatchObject({ message: 'unknown requestId' });
    expect(await claim(asked.claimSecret)).toMatchObject({
      decision: 'approved',
      token: expect.stringMatching(/^dwd_/),
    });
    expect(await claim(asked.claimSecret)).toMatchObject({ message: 'unknown requestId' });
    person.client.close();
  });

  it('waits as long as its request does, and no longer', async () => {
    const [patient, forgotten] = [await WsClient.open(gateway, ELSEWHERE), await WsClient.open(gateway, ELSEWHERE)];
    const asked = speech.result(await patient.ask(speech.call(1, 'node.pair.request', { nodeId: nodeId() })));
    await forgotten.ask(speech.call(1, 'node.pair.request', { nodeId: nodeId() }));
    gateway.clock.advance(60_000);
    await gateway.app.get(PairingService, { strict: false }).approve(asked.requestId, HOUSE);
    expect(await event(patient, 'node.pair.resolved')).toMatchObject({ decision: 'approved' });

    gateway.clock.advance(4 * 60_000 + 1);
    expect(await forgotten.closed).toMatchObject({ code: 1008 });
    patient.close();
  });

  it('a node that is turned away is told', async () => {
    const person = await operator(speech);
    const node = await WsClient.open(gateway, ELSEWHERE);
    const asked = speech.result(await node.ask(speech.call(1, 'node.pair.request', { nodeId: nodeId() })));
    await person.call('node.pair.reject', { requestId: asked.requestId });
    expect(await event(node, 'node.pair.resolved')).toEqual({ requestId: asked.requestId, decision: 'rejected' });
    node.close();
    person.client.close();
  });

  it.each([
    ['is paired', {}],
    ['waits', ELSEWHERE],
  ])('nobody takes the place of a device with a key that %s', async (_what, place) => {
    const device = new Device();
    await device.connect(gateway, speech, { auth: { token: HOUSE_TOKEN } }, { ...place, now: gateway.clock.now() });
    const node = await WsClient.open(gateway, ELSEWHERE);
    const answer = await node.ask(speech.call(1, 'node.pair.request', { nodeId: device.id }));
    expect(speech.failure(answer).message).toMatch(/has a key/);
    expect((await node.closed).code).toBe(1008);
  });
});

describe('devices over the wire', () => {
  it('are listed, renamed, rotated, revoked and removed', async () => {
    const { client, call } = await operator(JSON_RPC);
    const device = new Device();
    const pending = await device.connect(gateway, JSON_RPC, { auth: { token: HOUSE_TOKEN } }, elsewhere());
    const { requestId } = pending.failure!.details;
    expect((await call('device.pair.list')).pending).toContainEqual(
      expect.objectContaining({ requestId, deviceId: device.id }),
    );
    await call('device.pair.approve', { requestId });
    await device.connect(gateway, JSON_RPC, {}, elsewhere());

    expect(await call('device.pair.rename', { deviceId: device.id, label: 'phone' })).toEqual({
      deviceId: device.id,
      label: 'phone',
    });
    const noted = await new World(gateway).rows(
      `SELECT detail FROM audit_events WHERE action = 'device.renamed' AND target = $1`,
      [`device:${device.id}`],
    );
    expect(noted).toEqual([{ detail: { displayName: 'phone' } }]);
    const { paired } = await call('device.pair.list');
    const listed = paired.find((one: Frame) => one.deviceId === device.id);
    expect(listed).toMatchObject({ displayName: 'phone', tokens: [{ role: 'operator' }] });
    expect(JSON.stringify(listed)).not.toContain(device.token);

    const rotated = await call('device.token.rotate', { deviceId: device.id });
    expect(rotated).toMatchObject({ tokenDelivery: 'withheld', scopes: ['operator.read', 'operator.write'] });
    expect(rotated.token).toBeUndefined();
    expect(await call('device.token.revoke', { deviceId: device.id, role: 'operator' })).toMatchObject({
      role: 'operator',
    });
    expect(await call('device.pair.remove', { deviceId: device.id })).toEqual({ deviceId: device.id });
    expect(await call('device.pair.remove', { deviceId: device.id })).toMatchObject({
      error: { message: 'unknown deviceId' },
    });
    client.close();
  });

  it('a device rotates its own token, is shown it, and comes back with it', async () => {
    const device = new Device();
    const { client } = await device.connect(
      gateway,
      JSON_RPC,
      { auth: { token: HOUSE_TOKEN } },
      { now: gateway.clock.now() },
    );
    client.close();
    const own = await device.connect(gateway, JSON_RPC, { auth: { deviceToken: device.token } }, elsewhere());
    const answer = await own.client.ask(JSON_RPC.call(2, 'device.token.rotate', { deviceId: device.id }));
    const { token } = JSON_RPC.result(answer);
    expect((await own.client.closed).code).toBe(1008);
    const back = await device.connect(gateway, JSON_RPC, { auth: { deviceToken: token } }, elsewhere());
    expect(back.hello.auth.deviceToken).toBe(token);
    back.client.close();
  });

  it('S090: a device neither sees nor handles another one', async () => {
    const scopes = ['operator.pairing'];
    const device = new Device();
    await device.connect(gateway, JSON_RPC, { auth: { token: HOUSE_TOKEN }, scopes }, { now: gateway.clock.now() });
    const other = new Device();
    const waiting = await other.connect(gateway, JSON_RPC, { auth: { token: HOUSE_TOKEN } }, elsewhere());
    const { client } = await device.connect(gateway, JSON_RPC, { auth: { deviceToken: device.token } }, elsewhere());
    const ask = async (method: string, params?: unknown): Promise<Frame> => {
      const answer = await client.ask(JSON_RPC.call(++serial, method, params));
      return JSON_RPC.result(answer) ?? JSON_RPC.failure(answer).message;
    };
    const { pending, paired } = await ask('device.pair.list');
    expect([...pending, ...paired].map((one: Frame) => one.deviceId)).toEqual([device.id]);
    expect(await ask('device.pair.approve', { requestId: waiting.failure!.details.requestId })).toBe(
      'unknown requestId',
    );
    expect(await ask('device.pair.remove', { deviceId: other.id })).toBe('unknown deviceId');
    client.close();
  });
});
