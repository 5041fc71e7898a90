import { IsInt, IsOptional, Max } from 'class-validator';
import { Module } from '@nestjs/common';
import { Refused } from '../../src/kernel/errors.js';
import type { Identity } from '../../src/kernel/identity.js';
import { Connections } from '../../src/gateway/connections.js';
import { Method, RpcGateway } from '../../src/gateway/rpc.js';
import { HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { DIALECTS, JSON_RPC, NATIVE, type WsClient, connected } from '../helpers/ws-client.js';

class SampleParams {
  @IsInt()
  @Max(9) // prettier-ignore
  count: number;

  @IsOptional()
  @IsInt() // prettier-ignore
  extra?: number;
}

/** Methods that only this test has. */
@RpcGateway()
class SampleGateway {
  ran: unknown[] = [];

  @Method('test.default')
  closed(): string {
    return 'only for admins';
  }

  @Method('test.params', { scope: 'operator.read', params: SampleParams, summary: 'Gives back what it is given.' })
  params(params: SampleParams, caller: Identity): object {
    this.ran.push(params.count);
    return { count: params.count, isInstance: params instanceof SampleParams, caller: caller.method };
  }

  @Method('test.later', { scope: 'operator.read' })
  later(): Promise<string> {
    return Promise.resolve('later');
  }

  @Method('test.nothing', { scope: 'operator.read' })
  nothing(): void {}

  @Method('test.missing', { scope: 'operator.read' })
  missing(): never {
    throw new Refused('not_found', { message: 'unknown requestId' });
  }

  @Method('test.fault', { scope: 'operator.read' })
  async fault(): Promise<never> {
    throw new TypeError('a secret detail');
  }
}

@Module({ providers: [SampleGateway] })
class SampleModule {}

let gateway: TestGateway;
const open: WsClient[] = [];

beforeAll(async () => {
  const config = { gateway: { auth: { token: HOUSE_TOKEN } } };
  gateway = await startGateway({ config, modules: [SampleModule] });
});

afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

afterAll(() => gateway.close());

async function enter(speech: (typeof DIALECTS)[number], params: object = {}): Promise<WsClient> {
  const { client } = await connected(gateway, speech, params);
  open.push(client);
  return client;
}

/** What whoever is connected may call: a device handles its own token, a node without a key fetches its own. */
const FOR_EVERYBODY = ['device.token.revoke', 'device.token.rotate', 'health', 'node.pair.claim', 'rpc.discover'];

describe.each(DIALECTS)('a call in $name', (speech) => {
  it.each([
    // method          params            result
    ['health', undefined, { ok: true, status: 'live' }],
    ['status', {}, expect.objectContaining({ version: expect.any(String), protocol: 4 })],
    ['test.params', { count: 3 }, { count: 3, isInstance: true, caller: 'loopback' }],
    ['test.later', undefined, 'later'],
    ['test.default', undefined, 'only for admins'],
  ])('of %s with %j is answered', async (method, params, result) => {
    const client = await enter(speech);
    expect(speech.result(await client.ask(speech.call(7, method, params)))).toEqual(result);
  });

  it.each([
    // method          params                     code               rpc     message
    ['nope', {}, 'INVALID_REQUEST', -32601, 'unknown method: nope'],
    ['__proto__', {}, 'INVALID_REQUEST', -32601, 'unknown method: __proto__'],
    ['constructor', {}, 'INVALID_REQUEST', -32601, 'unknown method: constructor'],
    ['test.params', {}, 'INVALID_REQUEST', -32602, 'invalid test.params params: at /count: must '],
    ['test.params', { count: 10 }, 'INVALID_REQUEST', -32602, 'at /count: must not be greater than 9'],
    ['test.params', { count: 1, cuont: 1 }, 'INVALID_REQUEST', -32602, 'at /cuont: unknown key'],
    ['test.params', [1], 'INVALID_REQUEST', -32602, 'invalid test.params params: at /: must be an object'],
    ['test.missing', {}, 'INVALID_REQUEST', -32602, 'unknown requestId'],
    ['test.fault', {}, 'UNAVAILABLE', -32603, 'internal error'],
  ])('of %s with %j fails, and the socket stays open', async (method, params, code, rpcCode, message) => {
    const client = await enter(speech);
    const frame = await client.ask(speech.call(7, method, params));
    const failure = speech.failure(frame);
    expect(String(frame.id)).toBe('7');
    expect(failure.code).toBe(code);
    expect(failure.rpcCode ?? rpcCode).toBe(rpcCode);
    expect(failure.message).toContain(message);
    expect(JSON.stringify(frame)).not.toContain('a secret detail');
    expect(speech.result(await client.ask(speech.call(8, 'health')))).toMatchObject({ ok: true });
  });

  it.each([
    // scopes                method            missing
    [[], 'status', 'operator.read'],
    [['operator.write'], 'test.default', 'operator.admin'],
    [['operator.pairing'], 'test.params', 'operator.read'],
  ])('S119: with %j, %s needs %s', async (scopes, method, missing) => {
    const client = await enter(speech, { scopes });
    const failure = speech.failure(await client.ask(speech.call(7, method, { count: 1 })));
    expect(failure).toMatchObject({
      code: 'FORBIDDEN',
      message: `missing scope: ${missing}`,
      details: { code: 'MISSING_SCOPE', missingScope: missing, requiredScopes: [missing] },
    });
    expect(failure.rpcCode ?? -32003).toBe(-32003);
  });

  it('shows in hello only the methods that the caller may call', async () => {
    const none = await connected(gateway, speech, { scopes: [] });
    const all = await connected(gateway, speech, {});
    open.push(none.client, all.client);
    expect(none.hello.features.methods.sort()).toEqual([...FOR_EVERYBODY]);
    expect(all.hello.features.methods).toContain('test.default');
  });

  it('of system-presence shows others to admins only (S195)', async () => {
    const reader = await enter(speech, { client: { name: 'reader' }, scopes: ['operator.read'] });
    const admin = await enter(speech, { client: { name: 'admin' } });
    const seen = async (client: WsClient): Promise<string[]> => {
      const entries: { client: { id: string } }[] = speech.result(await client.ask(speech.call(7, 'system-presence')));
      return entries.map((entry) => entry.client.id).sort();
    };
    expect(await seen(reader)).toEqual(['reader']);
    expect(await seen(admin)).toEqual(['admin', 'reader']);
  });

  it('describes every method by rpc.discover', async () => {
    const client = await enter(speech);
    const document = speech.result(await client.ask(speech.call(7, 'rpc.discover')));
    expect(document.openrpc).toMatch(/^1\./);
    expect(document.methods.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['connect', 'health', 'status', 'system-presence', 'rpc.discover', 'test.default']),
    );
    expect(document.methods.find(({ name }: { name: string }) => name === 'test.params')).toEqual({
      name: 'test.params',
      summary: 'Gives back what it is given.',
      paramStructure: 'by-name',
      params: [
        { name: 'count', required: true, schema: { type: 'integer', maximum: 9 } },
        { name: 'extra', required: false, schema: { type: 'integer' } },
      ],
      result: { name: 'result', schema: {} },
      'x-scope': 'operator.read',
    });
  });

  it('of a megabyte is heard once connected', async () => {
    const client = await enter(speech);
    const padding = 'x'.repeat(1024 * 1024);
    expect(speech.result(await client.ask(speech.call(7, 'health', { padding })))).toMatchObject({ ok: true });
  });

  it('in binary, or nested too deep, is a bad frame', async () => {
    const client = await enter(speech);
    client.socket.send(Buffer.from(JSON.stringify(speech.call(7, 'health'))), { binary: true });
    expect(speech.failure(await client.next()).message).toMatch(/send text/);

    const deep = '['.repeat(65) + ']'.repeat(65);
    const frame = JSON.stringify(speech.call(7, 'health', { deep: 'HERE' })).replace('"HERE"', deep);
    expect(speech.failure(await client.ask(frame)).message).toMatch(/nested more than 64 deep/);
    expect(speech.result(await client.ask(speech.call(8, 'health', { text: deep })))).toMatchObject({ ok: true });
  });
});

describe('a connection that is being closed', () => {
  it('runs no call any more, though the client goes on calling', async () => {
    const client = await enter(JSON_RPC);
    const { ran } = gateway.app.get(SampleGateway, { strict: false });
    const before = ran.length;
    const [connection] = gateway.app.get(Connections, { strict: false });
    connection!.close(1008, 'unauthorized: credential revoked');
    client.send(JSON_RPC.call(2, 'test.params', { count: 5 }));
    expect(await client.closed).toMatchObject({ code: 1008 });
    expect(ran).toHaveLength(before);
  });
});

describe('JSON-RPC 2.0', () => {
  it.each([
    // frame                                             answer
    ['{', { id: null, error: { code: -32700 } }],
    ['1', { id: null, error: { code: -32600 } }],
    ['[]', { id: null, error: { code: -32600 } }],
    ['{"jsonrpc":"1.0","id":1,"method":"health"}', { id: null, error: { code: -32600 } }],
    ['{"jsonrpc":"2.0","id":{},"method":"health"}', { id: null, error: { code: -32600 } }],
    ['{"jsonrpc":"2.0","id":5,"method":1}', { id: 5, error: { code: -32600 } }],
    ['{"jsonrpc":"2.0","id":5,"method":"health","params":"x"}', { id: 5, error: { code: -32600 } }],
    ['{"jsonrpc":"2.0","id":1e400,"method":"health"}', { id: null, error: { code: -32600 } }],
    ['{"jsonrpc":"2.0","id":null,"method":"health"}', { id: null, result: { ok: true } }],
    ['{"jsonrpc":"2.0","id":"a","method":"health"}', { id: 'a', result: { ok: true } }],
    ['{"jsonrpc":"2.0","id":1.5,"method":"health","params":[]}', { id: 1.5, result: { ok: true } }],
    ['{"jsonrpc":"2.0","id":9,"method":"test.nothing"}', { id: 9, result: null }],
    ['{"type":"req","id":"9","method":"health"}', { id: null, error: { code: -32600 } }],
  ])('answers %s', async (frame, answer) => {
    const client = await enter(JSON_RPC);
    expect(await client.ask(frame)).toMatchObject({ jsonrpc: '2.0', ...answer });
  });

  it('answers a batch by one frame, without its notifications', async () => {
    const client = await enter(JSON_RPC);
    const answers = await client.ask([
      JSON_RPC.call(1, 'health'),
      { jsonrpc: '2.0', method: 'test.params', params: { count: 4 } },
      JSON_RPC.call(2, 'test.later'),
      JSON_RPC.call(3, 'nope'),
      1,
    ]);
    expect(answers).toMatchObject([
      { id: 1, result: { ok: true } },
      { id: 2, result: 'later' },
      { id: 3, error: { code: -32601 } },
      { id: null, error: { code: -32600 } },
    ]);
    expect(gateway.app.get(SampleGateway, { strict: false }).ran).toContain(4);
  });

  it('answers no notification, not even a wrong one', async () => {
    const client = await enter(JSON_RPC);
    client.send({ jsonrpc: '2.0', method: 'nope' });
    client.send([
      { jsonrpc: '2.0', method: 'health' },
      { jsonrpc: '2.0', method: 'test.fault' },
    ]);
    expect(await client.ask(JSON_RPC.call(5, 'health'))).toMatchObject({ id: 5 });
  });

  it('S208: refuses a batch of 10,000 as a whole', async () => {
    const client = await enter(JSON_RPC);
    const before = gateway.app.get(SampleGateway, { strict: false }).ran.length;
    const answer = await client.ask(
      Array.from({ length: 10_000 }, (_, i) => JSON_RPC.call(i, 'test.params', { count: 1 })),
    );
    expect(answer).toMatchObject({ id: null, error: { code: -32600 } });
    expect(gateway.app.get(SampleGateway, { strict: false }).ran).toHaveLength(before);
  });

  it('S025: a connect within a batch ends the socket, and nothing of the batch runs', async () => {
    const client = await enter(JSON_RPC);
    client.send([JSON_RPC.call(1, 'health'), JSON_RPC.call(2, 'connect', {})]);
    expect(await client.next()).toMatchObject({ id: 2, error: { code: -32600 } });
    expect(await client.next()).toBeUndefined();
    expect(await client.closed).toMatchObject({ code: 1008 });
  });
});

describe('the native dialect', () => {
  it.each([
    // frame                                             id
    ['{', 'invalid'],
    ['[]', 'invalid'],
    ['{"type":"res","id":"1","ok":true}', 'invalid'],
    ['{"type":"req","id":1,"method":"health"}', 'invalid'],
    ['{"type":"req","id":"1"}', '1'],
    ['{"jsonrpc":"2.0","id":1,"method":"health"}', 'invalid'],
  ])('calls %s a bad frame and stays open', async (frame, id) => {
    const client = await enter(NATIVE);
    expect(await client.ask(frame)).toMatchObject({ type: 'res', id, ok: false, error: { code: 'INVALID_REQUEST' } });
    expect(await client.ask(NATIVE.call(2, 'health'))).toMatchObject({ id: '2', ok: true });
  });

  it('answers a result of nothing without a payload', async () => {
    const client = await enter(NATIVE);
    expect(await client.ask(NATIVE.call(2, 'test.nothing'))).toEqual({ type: 'res', id: '2', ok: true });
  });
});
