import { PairingService } from '../../src/pairing/pairing.service.js';
import { cli } from '../cli/in-process.js';
import { Device, ELSEWHERE, type Manner } from '../helpers/device.js';
import { bearer, HOUSE, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { askToPair } from '../helpers/pairing.js';
import { until } from '../helpers/until.js';
import { World } from '../helpers/world.js';
import { connected, DIALECTS, type Frame, NATIVE, type Speech, WsClient } from '../helpers/ws-client.js';

/** After so many wrong guesses a code is dead. */
const GUESSES = 10;

let gateway: TestGateway;
let world: World;
let serial = 0;

beforeAll(async () => {
  const auth = { token: HOUSE_TOKEN, loopback: 'deny', rateLimit: { maxAttempts: 1000 } };
  gateway = await startGateway({ config: { gateway: { auth, trustedProxies: ['127.0.0.1'] } }, database: 'embedded' });
  world = new World(gateway);
});
afterAll(() => gateway.close());
beforeEach(() => world.rows(`UPDATE pairing_requests SET status = 'expired' WHERE status = 'pending'`));

const house = bearer(HOUSE_TOKEN);

/** Each from an address of its own, behind a proxy that is trusted. */
const somebody = (): Manner => ({
  headers: { 'x-forwarded-for': `198.51.100.${(serial += 1) % 250}` },
  now: gateway.clock.now(),
});

const post = (path: string, body: object = {}, headers = house) =>
  gateway.call(`/api/v1/devices${path}`, { method: 'POST', headers, body });

/** The value with one letter changed. */
const almost = (value: string, n: number): string => {
  const at = value.length - 1 - n;
  return value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1);
};

const auditOf = (action: string, target: string) =>
  world.rows('SELECT 1 FROM audit_events WHERE action = $1 AND target = $2', [action, target]);

describe.each(DIALECTS)('S102: guesses at a live code, spread over addresses and sockets, in $name', (speech) => {
  async function setupCode(): Promise<{ id: string; token: string }> {
    const { body } = await post('/invites');
    const code = JSON.parse(Buffer.from(body.setupCode, 'base64url').toString()) as { bootstrapToken: string };
    return { id: body.id, token: code.bootstrapToken };
  }

  async function comeBy(bootstrapToken: string): Promise<string> {
    const { hello, failure, client } = await new Device().connect(
      gateway,
      speech,
      { auth: { bootstrapToken } },
      somebody(),
    );
    client.close();
    return hello ? 'in' : failure!.details.code;
  }

  it('end a setup code, for the right value too', async () => {
    const { id, token } = await setupCode();
    for (let n = 0; n < GUESSES; n += 1) expect(await comeBy(almost(token, n))).toBe('AUTH_BOOTSTRAP_TOKEN_INVALID');
    expect(await comeBy(token)).toBe('AUTH_BOOTSTRAP_TOKEN_INVALID');
    expect(await auditOf('device-invite.guessed-at', `device-invite:${id}`)).toHaveLength(1);
  });

  it('one less leave it alive, and guesses at one leave another alone', async () => {
    const [guessed, other] = [await setupCode(), await setupCode()];
    for (let n = 0; n < GUESSES - 1; n += 1) await comeBy(almost(guessed.token, n));
    for (let n = 0; n < GUESSES; n += 1) await comeBy(`dwi_${almost('A'.repeat(43), n)}`);
    expect([await comeBy(guessed.token), await comeBy(other.token)]).toEqual(['in', 'in']);
  });

  it('at once end it as well', async () => {
    const { token } = await setupCode();
    await Promise.all(Array.from({ length: 2 * GUESSES }, (_, n) => comeBy(almost(token, n % 30))));
    expect(await comeBy(token)).toBe('AUTH_BOOTSTRAP_TOKEN_INVALID');
  });

  const claim = async (requestId: string, claimSecret: string): Promise<Frame> => {
    const client = await WsClient.open(gateway, somebody());
    const answer = await client.ask(speech.call(1, 'node.pair.claim', { requestId, claimSecret }));
    client.close();
    return speech.result(answer)?.decision ?? speech.failure(answer).message;
  };

  async function waitingNode(): Promise<Frame> {
    const client = await WsClient.open(gateway, somebody());
    const nodeId = `guessed-${(serial += 1)}-${speech.name}`;
    const asked = speech.result(await client.ask(speech.call(1, 'node.pair.request', { nodeId })));
    client.socket.close(); // and wait for the gateway's own: a socket that waits is handed the token
    await client.closed;
    return { ...asked, nodeId };
  }

  it('end a claim secret, before and after the approval', async () => {
    for (const isApproved of [false, true]) {
      const { requestId, claimSecret, nodeId } = await waitingNode();
      if (isApproved) await world.get(PairingService).approve(requestId, HOUSE);
      for (let n = 0; n < GUESSES; n += 1) expect(await claim(requestId, almost(claimSecret, n))).toMatch(/unknown/);
      expect(await claim(requestId, claimSecret)).toMatch(/unknown requestId/);
      expect(await auditOf('device.claim-guessed-at', `device:${nodeId}`)).toHaveLength(1);
      expect((await post(`/pending/${requestId}/approve`)).status).toBe(404);
    }
  });

  it('one less leave the claim secret good', async () => {
    const { requestId, claimSecret } = await waitingNode();
    for (let n = 0; n < GUESSES - 1; n += 1) await claim(requestId, almost(claimSecret, n));
    expect(await claim(requestId, claimSecret)).toBe('pending');
  });

  it('nobody takes over the request of a node that waits by naming it', async () => {
    const first = await waitingNode();
    const thief = await WsClient.open(gateway, somebody());
    const taken = speech.result(await thief.ask(speech.call(1, 'node.pair.request', { nodeId: first.nodeId })));
    thief.close();
    expect(taken.requestId).not.toBe(first.requestId);
    expect(await claim(first.requestId, taken.claimSecret)).toMatch(/unknown/);
    expect((await post(`/pending/${first.requestId}/approve`)).status).toBe(404);
  });
});

describe.each(DIALECTS)('S103: a node that comes again with more than was approved, in $name', (speech: Speech) => {
  const asNode = { role: 'node', client: { id: 'node-host', mode: 'node' } } as const;
  const SMALL = { caps: ['camera'], commands: ['camera.snap'], permissions: { camera: true, screen: false } };
  const LARGE = {
    caps: ['camera', 'shell'],
    commands: ['camera.snap', 'system.run'],
    permissions: { camera: true, screen: true },
  };
  const APPROVED = { caps: ['camera'], commands: ['camera.snap'], permissions: ['camera'] };
  const ALL = { caps: ['camera', 'shell'], commands: ['camera.snap', 'system.run'], permissions: ['camera', 'screen'] };

  const come = (node: Device, declares: object) =>
    node.connect(
      gateway,
      speech,
      { ...asNode, ...declares, auth: node.token ? { deviceToken: node.token } : { token: HOUSE_TOKEN } },
      somebody(),
    );

  /** A node that was let in with the small set. */
  async function small(): Promise<Device> {
    const node = new Device();
    const { failure } = await come(node, SMALL);
    const { requestId } = failure!.details;
    const { items } = (await gateway.get('/api/v1/devices/pending', house)).body;
    expect(items[0]).toMatchObject({ requestId, abilities: APPROVED, newAbilities: APPROVED });
    expect((await post(`/pending/${requestId}/approve`)).body.device).toMatchObject({ approved: APPROVED });
    return node;
  }

  const asOperator = async (method: string, params?: object): Promise<Frame> => {
    const { client } = await connected(gateway, speech, { auth: { token: HOUSE_TOKEN } }, ELSEWHERE);
    const result = speech.result(await client.ask(speech.call(9, method, params)));
    client.close();
    return result;
  };

  /** What the surfaces say of a node that is connected. */
  async function shown(id: string): Promise<{ listed: Frame; usable: Frame; present: Frame }> {
    const { paired } = await asOperator('node.pair.list');
    const { nodes } = await asOperator('node.list');
    const presence = await asOperator('system-presence');
    return {
      listed: paired.find(({ nodeId }: Frame) => nodeId === id),
      usable: nodes.find(({ nodeId }: Frame) => nodeId === id),
      present: presence.find(({ deviceId }: Frame) => deviceId === id),
    };
  }

  it('comes in with what it had; the rest waits for a person, and is usable from then on', async () => {
    const node = await small();
    const { hello, client } = await come(node, LARGE);
    const { pendingRequestId, ...usable } = hello.node;
    expect(usable).toEqual(APPROVED);

    const before = await shown(node.id);
    expect(before.listed).toMatchObject({ connected: true, ...APPROVED, usable: APPROVED });
    expect(before.usable).toMatchObject({ connected: true, ...APPROVED });
    expect(before.present).toMatchObject(APPROVED);

    const { pending } = await asOperator('node.pair.list');
    expect(pending).toMatchObject([
      { nodeId: node.id, requestId: pendingRequestId, isRepair: true, ...ALL,
        requiredApproveScopes: ['operator.pairing', 'operator.admin'] },
    ]); // prettier-ignore
    const { items } = (await gateway.get('/api/v1/devices/pending', house)).body;
    expect(items).toMatchObject([
      { newRole: false, newAbilities: { caps: ['shell'], commands: ['system.run'], permissions: ['screen'] } },
    ]);

    await asOperator('node.pair.approve', { requestId: pendingRequestId });
    await until('the node to be told', async () => (await shown(node.id)).present.commands.includes('system.run'));
    const after = await shown(node.id);
    expect(after.listed).toMatchObject({ ...ALL, usable: ALL });
    expect(after.usable).toMatchObject(ALL);
    client.close();

    const again = await come(node, LARGE);
    expect(again.hello.node).toEqual(ALL);
    again.client.close();
  });

  it('what was turned away is not usable, and what is declared no longer is not either', async () => {
    const node = await small();
    const { hello, client } = await come(node, LARGE);
    await asOperator('node.pair.reject', { requestId: hello.node.pendingRequestId });
    client.close();
    const again = await come(node, { commands: ['system.run'] });
    expect(again.hello.node).toMatchObject({ caps: [], commands: [], permissions: [] });
    expect((await shown(node.id)).listed).toMatchObject({ ...APPROVED, usable: { commands: [] } });
    again.client.close();
  });

  it('who may only pair cannot give it more', async () => {
    const node = await small();
    const { hello, client } = await come(node, LARGE);
    const { token } = await gateway.gatewayToken({ role: 'admin', scopes: ['operator.pairing', 'operator.write'] });
    const reply = await post(`/pending/${hello.node.pendingRequestId}/approve`, {}, bearer(token));
    expect([reply.status, reply.body.error.code]).toEqual([403, 'missing_scope']);
    client.close();
    const again = await come(node, LARGE);
    expect(again.hello.node).toMatchObject(APPROVED);
    again.client.close();
  });

  it('asks once for the same, however often it comes', async () => {
    const node = await small();
    const ids = new Set<string>();
    for (let times = 0; times < 3; times += 1) {
      const { hello, client } = await come(node, LARGE);
      ids.add(hello.node.pendingRequestId);
      client.close();
    }
    expect(ids.size).toBe(1);
  });

  it('one that asked without a key is shown with what it declares, and pinned to that', async () => {
    const socket = await WsClient.open(gateway, somebody());
    const nodeId = `pinned-${(serial += 1)}-${speech.name}`;
    const asked = speech.result(await socket.ask(speech.call(1, 'node.pair.request', { nodeId, ...SMALL })));
    expect(asked.request).toMatchObject(APPROVED);
    await world.get(PairingService).approve(asked.requestId, HOUSE);
    let frame: Frame;
    do frame = await socket.next();
    while ((frame.event ?? frame.method) !== 'node.pair.resolved');
    const { token } = frame.payload ?? frame.params;
    const hello = speech.result(
      await socket.ask(speech.call(2, 'connect', { role: 'node', ...LARGE, auth: { token } })),
    );
    expect(hello.node).toMatchObject(APPROVED);
    expect(hello.node.pendingRequestId).toEqual(expect.any(String));
    socket.close();
  });
});

it('S103: on this machine a node is let in silently, and what it declares waits for a person', async () => {
  await world.configure({ gateway: { auth: { token: HOUSE_TOKEN } } });
  const node = new Device();
  const as = { role: 'node', commands: ['system.run'] };
  const { hello, client } = await node.connect(gateway, NATIVE, as, { now: gateway.clock.now() });
  expect(hello.node).toMatchObject({ commands: [], pendingRequestId: expect.any(String) });
  client.close();
  const auth = { token: HOUSE_TOKEN, loopback: 'deny', rateLimit: { maxAttempts: 1000 } };
  await world.configure({ gateway: { auth, trustedProxies: ['127.0.0.1'] } });
});

it('S088: by the command line as by every other way, nobody approves what they do not hold', async () => {
  const { requestId } = await askToPair(world, { scopes: ['operator.admin'] });
  const { token } = await gateway.gatewayToken({ role: 'admin', scopes: ['operator.pairing'] });
  const environment = {
    HOME: '/nonexistent',
    DOORWARD_GATEWAY_PORT: String(gateway.port),
    DOORWARD_GATEWAY_TOKEN: token,
  };
  const done = await cli(`devices approve ${requestId} --yes`, { environment });
  expect(done.code).toBe(1);
  expect(done.stderr).toMatch(/missing scope: operator\.admin/);
  expect(await world.rows('SELECT status FROM pairing_requests WHERE id = $1', [requestId])).toEqual([
    { status: 'pending' },
  ]);
});
