import { once } from 'node:events';
import type { lookup } from 'node:dns';
import type { Readable } from 'node:stream';
import { ModelCalls } from '../../src/chat/model-calls.service.js';
import { Redaction } from '../../src/chat/forwarding/redaction.js';
import { UpstreamClient } from '../../src/chat/forwarding/upstream-client.js';
import { openAi as dialect } from '../../src/chat/providers/openai/openai.dialect.js';
import { UpstreamSettings } from '../../src/chat/chat.settings.js';
import { ConfigService } from '../../src/config/config.service.js';
import { HOUSE, startGateway, type TestGateway } from '../helpers/gateway.js';
import { selfSigned } from '../helpers/certificate.js';
import { anthropicEvents, StandInAnthropic } from '../helpers/stand-in-anthropic.js';
import { openAiCompletion, openAiEvents, StandInOpenAi } from '../helpers/stand-in-openai.js';
import { until } from '../helpers/until.js';
import { ask, type Asking, CHAT, events, KEY, piece, read } from './calling.js';

const STREAM = { ...CHAT, stream: true };
const never = new Promise<void>(() => undefined);

let openAi: StandInOpenAi;
let anthropic: StandInAnthropic;
let sealed: StandInOpenAi;
let gateway: TestGateway;

beforeAll(async () => {
  openAi = await StandInOpenAi.start();
  anthropic = await StandInAnthropic.start();
  sealed = await StandInOpenAi.start({ tls: selfSigned() });
  gateway = await startGateway({
    config: {
      models: {
        upstream: { firstByteTimeoutMs: 5000, idleTimeoutMs: 3000, maxAnswerBytes: 10_000 },
        providers: {
          one: {
            type: 'openai',
            baseUrl: openAi.baseUrl,
            apiKey: KEY,
            headers: { 'x-secret-header': 'header-secret-123' },
          },
          two: { type: 'anthropic', baseUrl: anthropic.baseUrl, apiKey: KEY },
          sealed: { type: 'openai', baseUrl: sealed.baseUrl, apiKey: KEY },
        },
      },
    },
  });
});
afterAll(async () => {
  await gateway?.close();
  await openAi?.close();
  await anthropic?.close();
  await sealed?.close();
});
beforeEach(() => {
  openAi.clear();
  anthropic.clear();
});

const failing = (asking: Asking): Promise<Record<string, unknown>> =>
  ask(gateway, asking).then(
    () => Promise.reject(new Error('somebody answered')),
    (error: unknown) => error as Record<string, unknown>,
  );

describe('a caller who leaves', () => {
  it('before there is an answer ends the request upstream at once', async () => {
    const gone = new AbortController();
    openAi.once({ before: never });
    const call = ask(gateway, { signal: gone.signal });
    await until('the request is upstream', () => openAi.asked.length === 1);
    gone.abort(new Error('the caller has gone'));

    await expect(call).rejects.toThrow('the caller has gone');
    await expect(openAi.last.over).resolves.toBe(true);
  });

  it('in the middle of a stream ends it upstream at once, and what was used so far is known', async () => {
    const gone = new AbortController();
    anthropic.once({
      body: anthropicEvents('eins zwei drei', 'm'),
      cuts: [600],
      gate: (index) => (index === 1 ? never : undefined),
    });
    const answer = await ask(gateway, { models: ['two/claude'], body: STREAM, signal: gone.signal });
    const closed = once(answer.body as Readable, 'close');
    await piece(answer.body);
    gone.abort(new Error('revoked'));

    await closed;
    await expect(anthropic.last.over).resolves.toBe(true);
    await expect(answer.usage).resolves.toEqual({ input: 9, output: 1, cachedInput: 0 });
  });

  it('by closing the body ends it as well', async () => {
    openAi.once({ body: openAiEvents('eins zwei', 'm'), hangs: true });
    const answer = await ask(gateway, { body: STREAM });
    await piece(answer.body);
    (answer.body as Readable).destroy();

    await expect(openAi.last.over).resolves.toBe(true);
    expect((await answer.usage)!.output).toBeGreaterThan(0);
  });

  it('before anything was sent sends nothing', async () => {
    await expect(ask(gateway, { signal: AbortSignal.abort(new Error('early')) })).rejects.toThrow('early');
    expect(openAi.asked).toEqual([]);
  });
});

describe('a provider that is silent', () => {
  it('is given up after the time for a first byte', async () => {
    openAi.once({ before: never });
    const call = failing({});
    await until('the request is upstream', () => openAi.asked.length === 1);
    gateway.clock.advance(5000);

    await expect(call).resolves.toMatchObject({ code: 'upstream_timeout', status: 504, shouldRetry: true });
    await expect(openAi.last.over).resolves.toBe(true);
  });

  it('in the middle of a stream is given up after the time for a piece, with one error', async () => {
    const text = openAiEvents('eins zwei drei', 'm');
    let goOn = (): void => undefined;
    const second = new Promise<void>((resolve) => (goOn = resolve));
    openAi.once({ body: text, cuts: [400, 800], gate: (index) => [undefined, second, never][index] });
    const answer = await ask(gateway, { body: STREAM });
    await piece(answer.body);
    gateway.clock.advance(2999);
    goOn();
    await piece(answer.body);
    gateway.clock.advance(2999);
    expect((answer.body as Readable).destroyed).toBe(false);
    gateway.clock.advance(1);

    expect(events(await read(answer)).at(-1)).toMatchObject({
      error: { code: 'upstream_error', message: expect.stringContaining('fell silent') },
    });
    await expect(openAi.last.over).resolves.toBe(true);
  });

  it.each([
    ['a stream', STREAM, 'text/event-stream'],
    ['an answer', CHAT, 'application/json'],
  ])('behind the head of %s is given up after the time for a first byte, and so called', async (_, body, type) => {
    let goOn = (): void => undefined;
    const head = new Promise<void>((resolve) => (goOn = resolve));
    const gate = (): Promise<void> => (goOn(), never);
    openAi.once({ headers: { 'content-type': type }, body: 'x', gate });
    let isOver = false;
    const call = failing({ body }).finally(() => (isOver = true));
    await head;
    for (let i = 0; i < 5; i += 1) await ask(gateway); // the head has long come
    gateway.clock.advance(4999);
    await ask(gateway);
    expect(isOver).toBe(false);
    gateway.clock.advance(1);

    await expect(call).resolves.toMatchObject({ code: 'upstream_timeout', message: 'one does not answer in time' });
  });

  it('leaves no timer behind', async () => {
    const before = gateway.clock.pending;
    await read(await ask(gateway, { body: STREAM }));
    await ask(gateway);
    await failing({ models: ['sealed/small'] });

    expect(gateway.clock.pending).toBe(before);
  });
});

describe('an answer', () => {
  /** A stream that its provider has to stop writing, for nobody reads it. */
  async function heldUp(): Promise<{ body: Readable; size: number; written: number }> {
    const event = `data: ${JSON.stringify({ choices: [{ delta: { content: 'x'.repeat(1000) } }] })}\n\n`;
    const pieces = 20_000;
    let written = 0;
    openAi.once({
      body: event.repeat(pieces),
      cuts: Array.from({ length: 200 }, (_, index) => index * event.length * 100),
      gate: (index) => void (written = index),
    });
    const answer = await ask(gateway, { body: STREAM });
    let before = -1;
    await until('the provider has to wait', async () => {
      const stood = written === before;
      before = written;
      for (let time = 0; time < 5; time += 1) await ask(gateway);
      return stood;
    });
    return { body: answer.body as Readable, size: event.length * pieces, written };
  }

  it('is read upstream no faster than downstream', async () => {
    const { body, size, written } = await heldUp();

    expect(written).toBeLessThan(199);
    expect(body.readableLength).toBeLessThan(1024 * 1024);
    gateway.clock.advance(100_000); // it is not the provider who is slow
    let read = 0;
    for await (const part of body as AsyncIterable<Buffer>) read += part.byteLength;
    expect(read).toBe(size);
  });

  it('that nobody reads for ten minutes is given up, and its provider with it', async () => {
    const { body } = await heldUp();
    gateway.clock.advance(600_000);

    await expect(openAi.asked[0]!.over).resolves.toBe(true);
    const text = await read({ body } as never);
    expect(events(text).at(-1)).toMatchObject({
      error: { message: expect.stringContaining('the caller reads no further') },
    });
  });

  it('that is larger than allowed is none', async () => {
    openAi.once({ body: openAiCompletion('x'.repeat(11_000), 'm') });

    await expect(failing({})).resolves.toMatchObject({
      status: 502,
      message: 'one answers with more than 10000 bytes',
    });
  });

  it('comes over a connection that was there already', async () => {
    await ask(gateway);
    await ask(gateway);
    await ask(gateway);

    expect(openAi.connections).toBeLessThan(openAi.asked.length);
  });

  it('is asked for once more where the kept connection was dead', async () => {
    openAi.once({ breakAfter: 0 });

    expect((await ask(gateway)).tried).toEqual([expect.objectContaining({ outcome: 'succeeded' })]);
    expect(openAi.asked).toHaveLength(2);
  });
});

describe('S182: a provider that says the key', () => {
  const said = `your key ${KEY} and header-secret-123`;

  it('in an answer is not passed on with it', async () => {
    openAi.once({ body: openAiCompletion(said, 'm'), cuts: 'every byte' });

    expect(JSON.parse(await read(await ask(gateway))).choices[0].message.content).toBe('your key *** and ***');
  });

  it('in a stream is not passed on with it, wherever it is cut', async () => {
    const text = openAiEvents(said.replaceAll(' ', '_'), 'm');
    openAi.once({ body: text, cuts: 'every byte' });

    expect(await read(await ask(gateway, { body: STREAM }))).toBe(
      text.replace(KEY, '***').replace('header-secret-123', '***'),
    );
  });

  it('in a translated stream is not passed on with it', async () => {
    anthropic.once({ body: anthropicEvents(`mine_${KEY}`, 'm') });

    expect(await read(await ask(gateway, { models: ['two/claude'], body: STREAM }))).not.toContain(KEY);
  });

  it.each(['x-request-id', 'openai-processing-ms'])('in the header %s is not passed on with it', async (name) => {
    const headers = { [name]: said };
    openAi.once({ headers, body: openAiCompletion('x', 'm') }, { headers, body: openAiEvents('x', 'm') });

    for (const body of [CHAT, STREAM]) {
      const answer = await ask(gateway, { body });
      await read(answer);
      expect(Object.values(answer.headers)).toContain('your key *** and ***');
    }
  });

  it('in an error of a stream is not passed on with it', async () => {
    openAi.once({ body: `data: {"error":{"message":"bad key ${KEY}","code":400}}\n\n` });

    const { message } = await failing({ body: STREAM });
    expect(message).toBe('one answers: bad key ***');
  });
});

describe('where requests go', () => {
  it('S181: never where a provider redirects to', async () => {
    const elsewhere = await StandInOpenAi.start();
    for (const status of [301, 302, 303, 307, 308]) {
      openAi.once({ status, headers: { location: `${elsewhere.baseUrl}/chat/completions?key=${KEY}` }, body: KEY });
      const error = await failing({});
      expect(error).toMatchObject({
        code: 'upstream_error',
        status: 502,
        message: 'one answers with a redirect, which is not followed',
      });
    }

    expect(elsewhere.asked).toEqual([]);
    await elsewhere.close();
  });

  it('S189: to nobody whose certificate is not good, whatever the environment says', async () => {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      await expect(failing({ models: ['sealed/small'] })).resolves.toMatchObject({
        code: 'upstream_unreachable',
        status: 502,
        message: 'sealed cannot be reached: its certificate is not good',
      });
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    }
    expect(sealed.asked).toEqual([]);
  });

  // prettier-ignore
  it.each<[string, string[], string[], RegExp | undefined]>([
    // name                  resolves to                         allowed networks   refused
    ['api.example',          ['169.254.169.254'],                ['169.254.0.0/16'], /link-local/],
    ['api.example',          ['fd00:ec2::254'],                  ['fd00::/8'],       /metadata/],
    ['api.example',          ['10.1.2.3'],                       [],                 /private address; list it in models.allowPrivateNetworks/],
    ['api.example',          ['127.0.0.1'],                      [],                 /address of this machine/],
    ['api.example',          ['0.0.0.0'],                        ['0.0.0.0/0'],      /reserved/],
    ['api.example',          ['127.0.0.1'],                      ['127.0.0.0/8'],    undefined],
    ['localhost',            ['127.0.0.1'],                      [],                 undefined],
    ['api.example',          ['169.254.169.254', '127.0.0.1'],   ['127.0.0.0/8'],    undefined],
  ])('S179: %s at %j with %j', async (name, addresses, allowed, refused) => {
    const client = new UpstreamClient(found(addresses));
    const outcome = await send(client, name, snapshot(allowed));
    await client.close();

    const why = 'message' in outcome ? outcome.message : undefined;
    expect(why ?? 'answered').toMatch(refused ?? /^answered$/);
    expect(openAi.asked).toHaveLength(refused ? 0 : 1);
  });

  it('S179: by the newest rules, whatever was in force when a call began', async () => {
    const client = new UpstreamClient(found(['127.0.0.1']));
    const [before, after] = [snapshot(['127.0.0.0/8'], 1), snapshot([], 2)];
    const outcomes = [];
    for (const config of [before, after, before]) outcomes.push(await send(client, 'api.example', config));
    await client.close();

    const refused = { message: expect.stringContaining('address of this machine') };
    expect(outcomes).toEqual([
      expect.objectContaining({ status: 200 }),
      ...Array(2).fill(expect.objectContaining(refused)),
    ]);
    expect(openAi.asked).toHaveLength(1);
  });

  it('not at all once the client is closed, over connections of older rules either', async () => {
    const client = new UpstreamClient(found(['127.0.0.1']));
    openAi.once({ body: openAiEvents('eins zwei', 'm'), hangs: true });
    const outcome = await send(client, 'api.example', snapshot(['127.0.0.0/8'], 1), true);
    if (!('ended' in outcome)) throw outcome;
    await send(client, 'api.example', snapshot(['127.0.0.0/8', '10.0.0.0/8'], 2));
    await client.close();

    await expect(outcome.ended).resolves.toMatchObject({ how: 'broken_off' });
    await expect(openAi.asked[0]!.over).resolves.toBe(true);
  });

  /** Asks under a name that the client looks up by itself. */
  function send(
    client: UpstreamClient,
    name: string,
    config: ReturnType<typeof current>,
    isStream = false,
  ): ReturnType<UpstreamClient['send']> {
    const call = { caller: HOUSE, endpoint: 'chat/completions', body: isStream ? STREAM : CHAT, isStream } as never;
    const ground = {
      provider: 'named',
      exchange: dialect.exchange(call, { model: 'small', created: 0 })!,
      endpoint: 'chat/completions',
      isStream,
      redaction: new Redaction(KEY),
      estimatedInput: 1,
      clock: gateway.clock,
      limits: config.get(UpstreamSettings),
      signal: new AbortController().signal,
    } as const;
    const request = { origin: `http://${name}:${openAi.port}`, path: '/v1/chat/completions', headers: {} };
    return client.send(request, ground, config);
  }

  function found(addresses: readonly string[]): typeof lookup {
    const answer = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    return ((_: string, __: object, callback: (error: null, all: object[]) => void) => callback(null, answer)) as never;
  }

  function snapshot(allowed: readonly string[], version = 1): ReturnType<typeof current> {
    const base = current();
    const models = { allowPrivateNetworks: allowed };
    const get = (type: new () => object): object => (type.name === 'ModelsSettings' ? models : base.get(type));
    return { ...base, version, get, once: (derive: (config: object) => unknown) => derive({ get }) } as never;
  }

  const current = () => gateway.app.get(ConfigService).current;
});

it('runs as one service of the gateway', () => {
  expect(gateway.app.get(ModelCalls, { strict: false })).toBeInstanceOf(ModelCalls);
});
