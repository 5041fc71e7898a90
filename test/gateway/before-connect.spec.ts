import * as fc from 'fast-check';
import { Module } from '@nestjs/common';
import type { Frame } from '../helpers/ws-client.js';
import { Method, RpcGateway } from '../../src/gateway/rpc.js';
import { MethodTable } from '../../src/gateway/method-table.js';
import { HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { until } from '../helpers/until.js';
import { JSON_RPC, NATIVE, WsClient, connected } from '../helpers/ws-client.js';

let ran = 0;

@RpcGateway()
class CountingGateway {
  @Method('test.count', { scope: 'public' })
  count(): void {
    ran += 1;
  }
}

@Module({ providers: [CountingGateway] })
class CountingModule {}

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({
    config: {
      gateway: {
        auth: { token: HOUSE_TOKEN, loopback: 'deny', rateLimit: { maxAttempts: 1000 } },
        trustedProxies: ['127.0.0.1'],
        websocket: { maxUnauthenticated: 100 },
      },
    },
    modules: [CountingModule],
  });
});

afterAll(() => gateway.close());

const auth = { token: HOUSE_TOKEN };
const from = (address: string): { headers: Record<string, string> } => ({ headers: { 'x-forwarded-for': address } });

/** What an early frame is answered with, and how the socket ends. */
async function first(frame: unknown): Promise<{ answer: Frame; code: number; reason: string }> {
  const client = await WsClient.open(gateway);
  const answer = await client.ask(frame);
  return { answer, ...(await client.closed) };
}

/** Asking to be let in, and fetching the token: the two exceptions of the contract, tried in test/pairing. */
const IN_THE_LOBBY = ['node.pair.request', 'node.pair.claim'];

describe('before connect', () => {
  it('S024: no method answers, in any form', async () => {
    const methods = gateway.app
      .get(MethodTable, { strict: false })
      .all()
      .map(({ name }) => name)
      .filter((name) => !IN_THE_LOBBY.includes(name));
    expect(methods).toContain('test.count');
    const forms = (method: string): unknown[] => [
      NATIVE.call(1, method),
      JSON_RPC.call(1, method),
      { jsonrpc: '2.0', method },
      [JSON_RPC.call(1, method)],
      [JSON_RPC.call(1, 'connect', { auth }), JSON_RPC.call(2, method)],
    ];
    for (const frame of methods.flatMap(forms)) {
      const { answer, code, reason } = await first(frame);
      expect(answer.error.message).toBe('invalid handshake: first request must be connect');
      expect({ code, reason }).toEqual({
        code: 1008,
        reason: 'unauthorized: invalid handshake: first request must be connect',
      });
    }
    expect(ran).toBe(0);
  });

  it.each(IN_THE_LOBBY)('S024: %s answers by itself only, never unasked or among others', async (method) => {
    const params = { nodeId: 'n', requestId: 'r' };
    const forms = [
      { jsonrpc: '2.0', method, params },
      [JSON_RPC.call(1, method, params)],
      [JSON_RPC.call(1, 'connect', { auth }), JSON_RPC.call(2, method, params)],
    ];
    for (const frame of forms) {
      const { answer, code } = await first(frame);
      expect(answer.error.message).toBe('invalid handshake: first request must be connect');
      expect(code).toBe(1008);
    }
  });

  it.each([
    // frame                                                 JSON-RPC code
    ['hello', -32700],
    ['{"jsonrpc":"2.0"', -32700],
    ['[]', -32600],
    ['null', -32600],
    ['"connect"', -32600],
    [{ method: 'connect' }, -32600],
    [{ jsonrpc: '2.0', method: 'connect', params: { auth } }, -32001],
    [[JSON_RPC.call(1, 'connect', { auth })], -32001],
    [{ jsonrpc: '2.0', id: [], method: 'connect', params: { auth } }, -32600],
  ])('%j is refused and ends the socket', async (frame, rpcCode) => {
    const { answer, code, reason } = await first(frame);
    expect(answer.error.code).toBe(rpcCode);
    expect(code).toBe(1008);
    expect(reason).toMatch(/^unauthorized/);
  });

  it.each([{ type: 'req', method: 'connect' }, { type: 'res', id: '1' }, { type: 'event' }])(
    '%j is refused in the native dialect',
    async (frame) => {
      const { answer, code } = await first(frame);
      expect(answer).toMatchObject({ type: 'res', ok: false, error: { code: 'INVALID_REQUEST' } });
      expect(code).toBe(1008);
    },
  );

  it('a frame of more than 64 KiB ends the socket with 1009', async () => {
    const client = await WsClient.open(gateway);
    client.send(JSON.stringify(JSON_RPC.call(1, 'connect', { auth, pathEnv: 'x'.repeat(65_536) })));
    expect((await client.closed).code).toBe(1009);
  });

  it.each([
    ['30,000 nested arrays', '['.repeat(30_000) + ']'.repeat(30_000)],
    ['a number of 60,000 digits', `{"jsonrpc":"2.0","id":${'9'.repeat(60_000)},"method":"connect"}`],
    ['a batch of 10,000', `[${Array.from({ length: 10_000 }, () => '1').join()}]`],
    ['12,000 nested objects', '{"a":'.repeat(12_000)],
  ])('S208: %s are refused at once', async (_case, text) => {
    const before = process.hrtime.bigint();
    const { answer, code } = await first(text);
    expect(answer.error.code).toBeLessThan(-32000);
    expect(code).toBe(1008);
    expect(Number(process.hrtime.bigint() - before) / 1e6).toBeLessThan(2000);
  });

  it('a socket that says nothing is closed after ten seconds', async () => {
    const client = await WsClient.open(gateway);
    gateway.clock.advance(9_999);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    gateway.clock.advance(1);
    expect(await client.closed).toEqual({ code: 1008, reason: 'unauthorized: connect timeout' });
  });

  it('a later socket has its own ten seconds', async () => {
    const early = await WsClient.open(gateway);
    gateway.clock.advance(6_000);
    const late = await WsClient.open(gateway);
    gateway.clock.advance(4_000);
    await early.closed;
    expect(late.socket.readyState).toBe(late.socket.OPEN);
    gateway.clock.advance(6_000);
    expect(await late.closed).toMatchObject({ code: 1008 });
  });

  it('a socket that has connected outlives the ten seconds', async () => {
    const { client } = await connected(gateway, JSON_RPC, { auth });
    gateway.clock.advance(20_000);
    expect(JSON_RPC.result(await client.ask(JSON_RPC.call(2, 'health')))).toMatchObject({ ok: true });
    client.close();
  });
});

describe('S202: sockets that have not connected', () => {
  const open: WsClient[] = [];

  afterEach(async () => {
    const all = open.splice(0);
    for (const client of all) client.close();
    await Promise.all(all.map(({ closed }) => closed));
    await until('all places to be free', async () => (await waiting()) === 0);
  });

  /** As an admin sees it. */
  async function waiting(): Promise<number> {
    const { client } = await connected(gateway, JSON_RPC, { auth }, from('198.51.100.1'));
    const status = JSON_RPC.result(await client.ask(JSON_RPC.call(2, 'status')));
    client.close();
    await client.closed;
    return status.connections.waiting;
  }

  async function openMany(count: number, address: (i: number) => string): Promise<void> {
    for (let i = 0; i < count; i += 1) open.push(await WsClient.open(gateway, from(address(i))));
  }

  it('are at most 32 of one address, and another address still gets in', async () => {
    await openMany(32, () => '203.0.113.1');
    const { status, headers, body } = await WsClient.refusal(gateway, from('203.0.113.1'));
    expect(status).toBe(503);
    expect(headers['retry-after']).toBeDefined();
    expect(body.error).toMatchObject({ type: 'unavailable', message: 'Too many unauthenticated sockets' });

    const { client } = await connected(gateway, JSON_RPC, { auth }, from('203.0.113.2'));
    client.close();
  });

  it('are counted by /64 for IPv6', async () => {
    await openMany(32, (i) => `2001:db8::${i.toString(16)}`);
    expect((await WsClient.refusal(gateway, from('2001:db8::ffff'))).status).toBe(503);
    open.push(await WsClient.open(gateway, from('2001:db8:0:1::1')));
  });

  it('make room when they connect or go', async () => {
    await openMany(32, () => '203.0.113.3');
    JSON_RPC.result(await open[0]!.ask(JSON_RPC.call(1, 'connect', { auth })));
    open.push(await WsClient.open(gateway, from('203.0.113.3')));
    open[1]!.close();
    await open[1]!.closed;
    await until('the place to be free', async () => (await waiting()) === 31);
    open.push(await WsClient.open(gateway, from('203.0.113.3')));
    expect((await WsClient.refusal(gateway, from('203.0.113.3'))).status).toBe(503);
  });

  it('are bounded for everybody together', async () => {
    await openMany(100, (i) => `203.0.113.${i}`);
    expect((await WsClient.refusal(gateway, from('198.51.100.7'))).status).toBe(503);
  });

  it('are not counted when their upgrade was refused', async () => {
    for (let i = 0; i < 40; i += 1) {
      await WsClient.refusal(gateway, {
        headers: { 'x-forwarded-for': '203.0.113.4', origin: 'https://evil.example' },
      });
    }
    const keyless = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
    for (let i = 0; i < 40; i += 1) {
      const { status } = await gateway.get('/ws', { ...keyless, 'x-forwarded-for': '203.0.113.4' });
      expect(status).toBe(400);
    }
    expect(await waiting()).toBe(0);
  });
});

describe('whatever comes first', () => {
  const json = fc.json({ maxDepth: 4 });
  const almost = fc.record(
    {
      jsonrpc: fc.constantFrom('2.0', '1.0', 2),
      type: fc.constantFrom('req', 'res', 'event', ''),
      id: fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.constant({})),
      method: fc.constantFrom('connect', 'health', 'test.count', '__proto__'),
      params: fc.oneof(
        fc.jsonValue(),
        fc.record(
          {
            auth: fc.oneof(fc.record({ token: fc.oneof(fc.string(), fc.integer()) }), fc.jsonValue()),
            role: fc.oneof(fc.constantFrom('node', 'control'), fc.string()),
            scopes: fc.oneof(fc.array(fc.string()), fc.jsonValue()),
            client: fc.jsonValue(),
            device: fc.jsonValue(),
            minProtocol: fc.oneof(fc.integer(), fc.string()),
          },
          { requiredKeys: [] },
        ),
      ),
    },
    { requiredKeys: [] },
  );
  const frames = fc.oneof(
    json,
    fc.string(),
    almost.map((frame) => JSON.stringify(frame)),
    fc.array(almost, { maxLength: 3 }).map((batch) => JSON.stringify(batch)),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  );

  it('ends the socket by a close of policy, runs no method, and leaves the gateway well', async () => {
    const found = await fc.check(
      fc.asyncProperty(frames, async (frame) => {
        const client = await WsClient.open(gateway, { path: '/' });
        client.socket.send(frame);
        const { code } = await client.closed;
        return code === 1008 || code === 1002;
      }),
      { numRuns: 400 },
    );
    expect(found.counterexample).toBeNull();
    expect(ran).toBe(0);
    expect((await gateway.get('/health')).status).toBe(200);
    expect(gateway.log().filter(({ level }) => level === 'error')).toEqual([]);
  });
});
