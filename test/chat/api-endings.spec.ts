import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { GatewayTokensService } from '../../src/accounts/gateway-tokens.service.js';
import { PrioritizedAuthGuard } from '../../src/auth/prioritized-auth.guard.js';
import { Stays } from '../../src/auth/stays.js';
import { HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { openAiCompletion, openAiEvents, StandInOpenAi } from '../helpers/stand-in-openai.js';
import { until } from '../helpers/until.js';
import { World } from '../helpers/world.js';
import { request as rawRequest } from '../helpers/raw-http.js';
import { HELLO, modelConfig } from './model-api.js';

let standIn: StandInOpenAi;
let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  standIn = await StandInOpenAi.start();
  gateway = await startGateway({ config: modelConfig(standIn), database: 'embedded' });
  world = new World(gateway);
});
beforeEach(() => standIn.clear());
afterEach(async () => {
  await world.configure(modelConfig(standIn));
  expect([...world.get(Stays).identities()]).toEqual([]);
});
afterAll(async () => {
  await gateway.close();
  await standIn.close();
});

const EVENTS = openAiEvents('one two three', 'gpt-test');
const BETWEEN = EVENTS.indexOf('\n\n') + 2;

/** An answer that has begun and does not end by itself. */
class OpenStream {
  text = '';
  private constructor(
    readonly response: IncomingMessage,
    readonly over: Promise<unknown>,
  ) {
    response.setEncoding('utf8').on('data', (part: string) => (this.text += part));
  }

  static async begin(token: string, cut = BETWEEN, body: object = { stream: true }): Promise<OpenStream> {
    standIn.once({
      body: EVENTS,
      cuts: [cut],
      gate: (piece) => (piece === 0 ? undefined : new Promise(() => undefined)),
    });
    const request = ask(token, body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const over = new Promise((resolve) => response.on('error', () => undefined).once('close', resolve));
    const stream = new OpenStream(response, over);
    await until('the first piece', () => stream.text !== '');
    return stream;
  }
}

function ask(token: string, body: object): ReturnType<typeof httpRequest> {
  const request = httpRequest(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    agent: false,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });
  request.on('error', () => undefined);
  request.end(JSON.stringify({ model: 'openclaw', messages: HELLO, ...body }));
  return request;
}

/** The stream and the call upstream stop within a second. */
async function ends({ over }: OpenStream): Promise<void> {
  const from = performance.now();
  await over;
  expect(await standIn.last.over).toBe(true);
  expect(performance.now() - from).toBeLessThan(1000);
}

describe('a stream ends with its credential', () => {
  it('that is revoked: with one error that clients read', async () => {
    const { id, token } = await world.person();
    const stream = await OpenStream.begin(token);
    const [identity] = [...world.get(Stays).identities()];
    await world.get(GatewayTokensService).revoke(id, identity!);
    await ends(stream);
    expect(stream.text.startsWith(EVENTS.slice(0, BETWEEN))).toBe(true);
    expect(JSON.parse(stream.text.slice(BETWEEN + 'data: '.length))).toEqual({
      error: expect.objectContaining({ message: 'Unauthorized', type: 'unauthorized', code: 'token_revoked' }),
    });
    expect(stream.response.complete).toBe(true);
  });

  it('in the middle of an event: nobody reads half of one', async () => {
    const { id, token } = await world.person();
    const stream = await OpenStream.begin(token, BETWEEN + 20);
    await world.change({ kind: 'gateway-token', id }, 'UPDATE gateway_tokens SET revoked_at = now() WHERE id = $1');
    await ends(stream);
    expect(stream.text.slice(0, BETWEEN)).toBe(EVENTS.slice(0, BETWEEN));
    expect(stream.text.slice(BETWEEN)).toMatch(/^data: \{"error":.*\}\n\n$/);
  });

  it('that expires', async () => {
    const { token } = await world.person('member', 20);
    const stream = await OpenStream.begin(token);
    gateway.clock.advance(21_000);
    await ends(stream);
    expect(stream.text).toContain('"token_expired"');
  });

  it.each([
    ['user', 'users', 'userId'],
    ['tenant', 'tenants', 'tenantId'],
  ] as const)('whose %s is suspended', async (kind, table, key) => {
    const issued = await world.tenantToken('member');
    const stream = await OpenStream.begin(issued.token);
    await world.change({ kind, id: issued[key] }, `UPDATE ${table} SET status = 'suspended' WHERE id = $1`);
    await ends(stream);
    expect(stream.text).toContain('"token_revoked"');
  });

  it('of a device that is removed', async () => {
    const { id, token } = await world.device({ role: 'operator', scopes: ['operator.write'] });
    const stream = await OpenStream.begin(token);
    const headers = { authorization: `Bearer ${HOUSE_TOKEN}` };
    expect((await gateway.call(`/api/v1/devices/${id}`, { method: 'DELETE', headers })).status).toBe(204);
    await ends(stream);
    expect(stream.text).toContain('"device_token_revoked"');
  });

  it('that is no longer in the configuration', async () => {
    const stream = await OpenStream.begin(HOUSE_TOKEN);
    const other = modelConfig(standIn) as { gateway: { auth: object } };
    await world.configure({
      ...other,
      gateway: { auth: { ...other.gateway.auth, token: 'another-token-0123456789' } },
    });
    await ends(stream);
    expect(stream.text).toContain('"token_revoked"');
  });

  it('and no other does', async () => {
    const [mine, theirs] = [await world.person(), await world.person()];
    const stays = await OpenStream.begin(theirs.token);
    const over = standIn.last.over;
    const goes = await OpenStream.begin(mine.token);
    await world.change(
      { kind: 'gateway-token', id: mine.id },
      'UPDATE gateway_tokens SET revoked_at = now() WHERE id = $1',
    );
    await ends(goes);
    expect(stays.response.destroyed).toBe(false);
    stays.response.destroy();
    expect(await over).toBe(true);
  });
});

describe('a call that has no answer yet', () => {
  const waiting = async (token: string): Promise<ReturnType<typeof httpRequest>> => {
    standIn.once({ before: new Promise(() => undefined) });
    const request = ask(token, {});
    await until('the provider to be asked', () => standIn.asked.length === 1);
    return request;
  };

  it('is refused when its credential ends, and the provider hung up on', async () => {
    const { id, token } = await world.person();
    const request = await waiting(token);
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    await world.change({ kind: 'gateway-token', id }, 'UPDATE gateway_tokens SET revoked_at = now() WHERE id = $1');
    const [response] = await answered;
    expect(response.statusCode).toBe(401);
    expect(await standIn.last.over).toBe(true);
    response.resume();
    await once(response, 'end');
  });

  it.each(['ends', 'destroys'])('ends with a caller that %s its connection', async (how) => {
    standIn.once({ before: new Promise(() => undefined) });
    const client = connect({ port: Number(new URL(gateway.url).port), host: '127.0.0.1' });
    const text = JSON.stringify({ model: 'openclaw', messages: HELLO });
    const headers = ['content-type: application/json', `content-length: ${text.length}`];
    client.write(rawRequest('POST /v1/chat/completions', [`authorization: Bearer ${HOUSE_TOKEN}`, ...headers], text));
    await until('the provider to be asked', () => standIn.asked.length === 1);
    const from = performance.now();
    if (how === 'ends') client.end();
    else client.destroy();
    expect(await standIn.last.over).toBe(true);
    expect(performance.now() - from).toBeLessThan(1000);
    client.destroy();
  });

  it('S234: does not slip through when it is revoked between judgement and call', async () => {
    const { id, token } = await world.person();
    const guard = world.get(PrioritizedAuthGuard);
    const judge = guard.check.bind(guard);
    const delayed = jest.spyOn(guard, 'check').mockImplementation(async (carrier) => {
      await judge(carrier);
      world.get(Stays).end('credential', `gateway-token:${id}`);
    });
    const [response] = (await once(ask(token, {}), 'response')) as [IncomingMessage];
    delayed.mockRestore();
    expect(response.statusCode).toBe(401);
    expect(standIn.asked).toEqual([]);
    response.resume();
    await once(response, 'end');
  });
});

/** More than the buffers between two sockets of one machine hold. */
const MUCH = 16 * 1024 * 1024;

/** Somebody who asks and does not read what is answered. */
class StalledReader {
  private constructor(
    private readonly client: Socket,
    /** The gateway's side of the connection, and its answer. */
    readonly socket: Socket,
    readonly response: ServerResponse,
  ) {}

  static async ask(token: string, body: object): Promise<StalledReader> {
    const client = connect({ port: Number(new URL(gateway.url).port), host: '127.0.0.1' });
    client.on('error', () => undefined); // being cut off is what the test is about
    const came = once(gateway.app.getHttpServer() as Server, 'request') as Promise<[IncomingMessage, ServerResponse]>;
    const text = JSON.stringify({ model: 'openclaw', messages: HELLO, ...body });
    const headers = ['content-type: application/json', `content-length: ${text.length}`];
    client.write(
      rawRequest(
        'POST /v1/chat/completions',
        [`authorization: Bearer ${token}`, 'connection: close', ...headers],
        text,
      ),
    );
    const [{ socket }, response] = await came;
    return new StalledReader(client, socket, response);
  }

  get isWaitedFor(): boolean {
    return this.response.writableLength > 0;
  }

  /** All that can still be read, in bytes. */
  async rest(): Promise<number> {
    let size = 0;
    this.client.on('data', (part: Buffer) => (size += part.byteLength)).resume();
    await once(this.client, 'close');
    return size;
  }
}

describe('whoever does not read is hung up on when the credential ends', () => {
  const revoke = (id: string): Promise<void> =>
    world.change({ kind: 'gateway-token', id }, 'UPDATE gateway_tokens SET revoked_at = now() WHERE id = $1');

  const isHungUpOn = ({ socket }: StalledReader): Promise<void> =>
    until('the connection is gone', () => socket.destroyed, 1000);

  it('in the middle of a stream', async () => {
    const { id, token } = await world.person();
    standIn.once({ body: openAiEvents('word '.repeat(100), 'gpt-test').repeat(MUCH / 16_000), hangs: true });
    const reader = await StalledReader.ask(token, { stream: true });
    await until('the reader is waited for', () => reader.response.writableNeedDrain && reader.isWaitedFor);
    await revoke(id);
    await isHungUpOn(reader);
    expect(await standIn.last.over).toBe(true);
    expect(await reader.rest()).toBeLessThan(MUCH);
  });

  it('at the end of a stream that the provider has ended', async () => {
    const { id, token } = await world.person();
    const event = `data: ${JSON.stringify({ choices: [{ delta: { content: 'x'.repeat(12_000) } }] })}\n\n`;
    const pieces = Math.ceil(MUCH / event.length);
    const asked: { reader?: StalledReader } = {};
    // One by one, so that what waits in the end is too little for the provider to be held back.
    const passedOn = async (piece: number): Promise<void> => {
      while ((asked.reader?.socket.bytesWritten ?? -1) < piece * event.length) await turn();
    };
    standIn.once({
      body: event.repeat(pieces),
      cuts: Array.from({ length: pieces }, (_, index) => index * event.length),
      gate: passedOn,
      endsAt: () => asked.reader!.isWaitedFor,
    });
    const reader = (asked.reader = await StalledReader.ask(token, { stream: true }));
    await until('everything is said', () => reader.response.writableEnded);
    expect(reader.isWaitedFor).toBe(true);
    await revoke(id);
    await isHungUpOn(reader);
    await reader.rest();
  });

  it('when the answer comes at once', async () => {
    const { id, token } = await world.person();
    standIn.once({ body: openAiCompletion('x'.repeat(MUCH), 'gpt-test') });
    const reader = await StalledReader.ask(token, {});
    await until('the reader is waited for', () => reader.response.writableEnded && reader.isWaitedFor);
    await revoke(id);
    await isHungUpOn(reader);
    expect(await reader.rest()).toBeLessThan(MUCH);
  });
});
