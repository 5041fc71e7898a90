import { once } from 'node:events';
import { GatewayTokensService } from '../../src/accounts/gateway-tokens.service.js';
import { PrioritizedAuthGuard } from '../../src/auth/prioritized-auth.guard.js';
import { Stays } from '../../src/auth/stays.js';
import type { Connection } from '../../src/gateway/connection.js';
import { Connections } from '../../src/gateway/connections.js';
import { HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { until } from '../helpers/until.js';
import { DIALECTS, JSON_RPC, NATIVE, WsClient, connected } from '../helpers/ws-client.js';

let gateway: TestGateway;
let connections: Connections;
const open: WsClient[] = [];

beforeAll(async () => {
  gateway = await startGateway({
    config: {
      gateway: {
        auth: { token: HOUSE_TOKEN, loopback: 'deny' },
        websocket: { maxBufferedBytes: 1_000_000, maxConnectionsPerCredential: 5 },
      },
    },
    database: 'embedded',
  });
  connections = gateway.app.get(Connections, { strict: false });
});

afterEach(async () => {
  for (const client of open.splice(0)) client.close();
  await until('all to be gone', () => connections.size === 0);
});

afterAll(() => gateway.close());

async function enter(token: string, speech = JSON_RPC, options = {}): Promise<WsClient> {
  const { client } = await connected(gateway, speech, { auth: { token } }, options);
  open.push(client);
  return client;
}

describe('an open connection', () => {
  it.each(DIALECTS)('hears a tick within every interval, in $name', async (speech) => {
    const client = await enter(HOUSE_TOKEN, speech);
    const ticks = [];
    for (let i = 0; i < 2; i += 1) {
      const pinged = once(client.socket, 'ping');
      gateway.clock.advance(30_000);
      ticks.push(await client.next());
      await pinged;
      // A call counts as a sign of life too; the pong may still be under way.
      await client.ask(speech.call(2, 'health'));
    }
    const ts = expect.any(Number);
    expect(ticks).toEqual(
      speech === NATIVE
        ? [1, 2].map((seq) => ({ type: 'event', event: 'tick', payload: { ts }, seq }))
        : [1, 2].map(() => ({ jsonrpc: '2.0', method: 'tick', params: { ts } })),
    );
  });

  it('S212: is cut when it leaves a ping unanswered for an interval', async () => {
    const mute = await enter(HOUSE_TOKEN, JSON_RPC, { autoPong: false });
    const alive = await enter(HOUSE_TOKEN);
    gateway.clock.advance(30_000);
    await Promise.all([once(mute.socket, 'ping'), once(alive.socket, 'ping')]);
    await alive.ask(JSON_RPC.call(2, 'health'));
    gateway.clock.advance(30_000);
    expect((await mute.closed).code).toBe(1006);
    expect(await alive.ask(JSON_RPC.call(3, 'health'))).toMatchObject({ id: 3 });
  });

  it('is cut when it does not read', async () => {
    const client = await enter(HOUSE_TOKEN);
    client.socket.pause();
    const padding = 'x'.repeat(100_000);
    const [connection] = connections;
    for (let i = 0; i < 500 && connections.size > 0; i += 1) connection!.emit('test', { padding });
    await until('the connection to be gone', () => connections.size === 0);
  });

  it('S212: of one credential are so many and no more', async () => {
    for (let i = 0; i < 5; i += 1) await enter(HOUSE_TOKEN);
    const client = await WsClient.open(gateway);
    const answer = await client.ask(JSON_RPC.call(1, 'connect', { auth: { token: HOUSE_TOKEN } }));
    expect(answer.error.data).toMatchObject({
      code: 'UNAVAILABLE',
      message: 'too many connections of one credential',
      retryable: true,
    });
    expect(await client.closed).toMatchObject({ code: 1008 });
  });
});

describe('a credential that ends', () => {
  it('by itself closes its connections at that moment', async () => {
    const { token } = await gateway.gatewayToken({ expiresIn: 20 });
    const client = await enter(token);
    gateway.clock.advance(18_000);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    gateway.clock.advance(3_000);
    expect(await client.closed).toEqual({ code: 1008, reason: 'unauthorized: credential expired' });
  });

  it('by revocation closes its connections and no others', async () => {
    const { id, token } = await gateway.gatewayToken({ email: 'rita@example.com' });
    const other = await gateway.gatewayToken({ email: 'otto@example.com' });
    const [closing, staying] = [await enter(token), await enter(other.token)];
    const [{ identity }] = [...connections] as [Connection];
    await gateway.app.get(GatewayTokensService, { strict: false }).revoke(id, identity);
    expect(await closing.closed).toMatchObject({ code: 1008, reason: expect.stringMatching(/^unauthorized/) });
    expect(await staying.ask(JSON_RPC.call(2, 'health'))).toMatchObject({ id: 2 });
  });

  it.each(['credential', 'user', 'tenant'] as const)('is found by its %s', async (key) => {
    const { token } = await gateway.gatewayToken({ email: 'kim@example.com' });
    const client = await enter(token);
    const [{ identity }] = [...connections] as [Connection];
    const value = { credential: identity.credential, user: identity.userId!, tenant: identity.tenantId }[key];
    const stays = gateway.app.get(Stays, { strict: false });
    stays.end(key, 'somebody else');
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    stays.end(key, value);
    expect(await client.closed).toEqual({ code: 1008, reason: 'unauthorized: credential revoked' });
  });

  it('S234: does not slip through when it is revoked between judgement and registration', async () => {
    const { id, token } = await gateway.gatewayToken({ email: 'sven@example.com' });
    const guard = gateway.app.get(PrioritizedAuthGuard, { strict: false });
    const judge = guard.check.bind(guard);
    const delayed = jest.spyOn(guard, 'check').mockImplementation(async (carrier) => {
      await judge(carrier);
      gateway.app.get(Stays, { strict: false }).end('credential', `gateway-token:${id}`);
    });
    const client = await WsClient.open(gateway);
    const answer = await client.ask(JSON_RPC.call(1, 'connect', { auth: { token } }));
    delayed.mockRestore();
    expect(answer.error.data.details).toMatchObject({ authReason: 'token_revoked' });
    expect(await client.closed).toMatchObject({ code: 1008, reason: expect.stringMatching(/^unauthorized/) });
  });
});
