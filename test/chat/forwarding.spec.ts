import { anthropicEvents, anthropicMessage, StandInAnthropic } from '../helpers/stand-in-anthropic.js';
import { openAiCompletion, openAiEvents, openAiResponseEvents, StandInOpenAi } from '../helpers/stand-in-openai.js';
import { startGateway, type TestGateway } from '../helpers/gateway.js';
import { ask, CHAT, events, KEY, read } from './calling.js';

const PRICES = { input: 3, output: 15, cacheRead: 0.3 };

let openAi: StandInOpenAi;
let anthropic: StandInAnthropic;
let gateway: TestGateway;

beforeAll(async () => {
  openAi = await StandInOpenAi.start();
  anthropic = await StandInAnthropic.start();
  gateway = await startGateway({
    config: {
      models: {
        providers: {
          one: {
            type: 'openai',
            baseUrl: `${openAi.baseUrl}/?version=7`,
            apiKey: KEY,
            headers: { 'X-Team': 'blue', Host: 'elsewhere.example', 'Content-Length': '3' },
            models: [{ id: 'priced', cost: PRICES }, 'small'],
          },
          two: { type: 'anthropic', baseUrl: anthropic.baseUrl, apiKey: KEY, models: [{ id: 'priced', cost: PRICES }] },
          local: { type: 'openai', baseUrl: openAi.baseUrl },
          strict: { type: 'openai', baseUrl: openAi.baseUrl },
        },
      },
    },
  });
});
afterAll(async () => {
  await gateway?.close();
  await openAi?.close();
  await anthropic?.close();
});
beforeEach(() => {
  openAi.clear();
  anthropic.clear();
});

describe('what goes to a provider that speaks as OpenAI does', () => {
  it('is the request byte for byte, with the model as the provider calls it', async () => {
    const text =
      '{ "seed": 12345678901234567890,\n\t"temperature":1.0, "model" : "openclaw/main" ,"messages":[{"content":"\\u00e9\\"model\\"","role":"user"}] }\n';
    await ask(gateway, { models: ['one/org/small'], body: JSON.parse(text), raw: Buffer.from(text) });

    expect(openAi.last.text).toBe(text.replace('"openclaw/main"', '"org/small"'));
  });

  it('is the same without the bytes, in the same order, numbers aside', async () => {
    await ask(gateway, { body: { seed: 1, model: 'x', messages: CHAT.messages, zeta: [], alpha: null } });

    expect(openAi.last.text).toBe(
      '{"seed":1,"model":"small","messages":[{"role":"user","content":"Hello"}],"zeta":[],"alpha":null}',
    );
  });

  it('carries the credential and the configured headers, and nothing that would bend the connection', async () => {
    await ask(gateway);

    expect(openAi.last).toMatchObject({ method: 'POST', path: '/v1/chat/completions?version=7' });
    expect(openAi.last.headers).toEqual({
      host: new URL(openAi.origin).host,
      connection: 'keep-alive',
      'user-agent': expect.stringMatching(/^doorward\/\d/),
      'x-team': 'blue',
      authorization: `Bearer ${KEY}`,
      'content-type': 'application/json',
      accept: 'application/json',
      'accept-encoding': 'identity',
      'content-length': String(Buffer.byteLength(openAi.last.text)),
    });
  });

  it('carries no credential where none is needed', async () => {
    const { source } = await ask(gateway, { models: ['local/llama'] });

    expect(source).toBe('no key needed');
    expect(openAi.last.headers.authorization).toBeUndefined();
  });

  it('asks for the usage of a stream where the caller did not, and leaves other wishes as they are', async () => {
    const text = '{"model":"m","stream":true,"stream_options": {"include_obfuscation":false},"messages":[]}';
    await read(await ask(gateway, { body: JSON.parse(text), raw: Buffer.from(text) }));

    expect(openAi.last.text).toBe(
      '{"model":"small","stream":true,"stream_options": {"include_obfuscation":false,"include_usage":true},"messages":[]}',
    );
  });
});

describe('a provider that knows no stream_options', () => {
  const refusal = {
    status: 422,
    body: { message: { detail: [{ type: 'extra_forbidden', loc: ['body', 'stream_options'], msg: 'Extra inputs' }] } },
  };

  it('is asked again without what only the gateway has added, and then never with it', async () => {
    openAi.once(refusal, { body: openAiEvents('eins', 'm') }, { body: openAiEvents('zwei', 'm') });
    const models = ['strict/small'];
    const first = await ask(gateway, { models, body: { ...CHAT, stream: true } });
    const second = await ask(gateway, { models, body: { ...CHAT, stream: true } });

    expect(await read(first)).toBe(openAiEvents('eins', 'm'));
    expect(await read(second)).toBe(openAiEvents('zwei', 'm'));
    expect(first.tried).toEqual([expect.objectContaining({ outcome: 'succeeded' })]);
    expect(openAi.asked.map(({ json }) => json.stream_options)).toEqual([
      { include_usage: true },
      undefined,
      undefined,
    ]);
  });

  it('refuses what the caller has said of them', async () => {
    openAi.once(refusal);
    const body = { ...CHAT, stream: true, stream_options: { include_obfuscation: false } };

    await expect(ask(gateway, { models: ['local/small'], body })).rejects.toMatchObject({
      status: 422,
      message: expect.stringContaining('stream_options'),
    });
  });
});

describe('what comes back', () => {
  it('is the answer byte for byte', async () => {
    const text = `${JSON.stringify(openAiCompletion('Grüße 🦞', 'other'), null, 2)}\n`;
    openAi.once({ body: text, headers: { 'content-type': 'application/json; charset=utf-8' }, cuts: 'every byte' });
    const answer = await ask(gateway);

    expect(await read(answer)).toBe(text);
    expect(answer).toMatchObject({ status: 200, model: { provider: 'one', model: 'small' } });
  });

  it('is the stream byte for byte, wherever it was cut', async () => {
    const text = `\uFEFF: begins\r\n\r\n${openAiEvents('eins zwei drei', 'm', { usage: true })}`;
    openAi.once({ body: text, cuts: 'every byte', headers: { 'content-type': 'text/event-stream' } });
    const answer = await ask(gateway, { body: { ...CHAT, stream: true, stream_options: { include_usage: true } } });

    expect(await read(answer)).toBe(text);
  });

  it('is the stream without the event that only the gateway asked for, and everything else byte for byte', async () => {
    const text = openAiEvents('eins zwei drei', 'm', { usage: true });
    openAi.once({ body: text, cuts: 'every byte' }, { body: text });
    const expected = text.replace(/data: [^\n]*"choices":\[\][^\n]*\n\n/, '');
    expect(expected).not.toBe(text);

    expect(await read(await ask(gateway, { body: { ...CHAT, stream: true } }))).toBe(expected);
    expect(await read(await ask(gateway, { body: { ...CHAT, stream: true } }))).toBe(expected);
  });

  it('shows of the headers those that say nothing of accounts', async () => {
    const headers = {
      'x-request-id': 'req_1',
      'openai-processing-ms': '12',
      'openai-organization': 'org-1',
      'set-cookie': '__cf=1',
      'x-ratelimit-remaining-tokens': '9',
      'strict-transport-security': 'max-age=1',
    };
    openAi.once({ headers, body: openAiCompletion('x', 'm') });

    expect((await ask(gateway)).headers).toEqual({
      'content-type': 'application/json',
      'x-upstream-request-id': 'req_1',
      'openai-processing-ms': '12',
    });
  });

  it('passes the other endpoints on as well', async () => {
    const embeddings = await ask(gateway, { endpoint: 'embeddings', body: { model: 'x', input: ['a', 'b'] } });
    expect(openAi.last).toMatchObject({
      path: '/v1/embeddings?version=7',
      json: { model: 'small', input: ['a', 'b'] },
    });
    expect(JSON.parse(await read(embeddings)).data).toHaveLength(2);

    const response = await ask(gateway, { endpoint: 'responses', body: { model: 'x', input: 'Hello', stream: true } });
    expect(openAi.last.json).toEqual({ model: 'small', input: 'Hello', stream: true });
    expect(await read(response)).toBe(openAiResponseEvents('Grüße vom Modell 🦞', 'small'));
  });
});

describe('a provider that speaks as Anthropic does', () => {
  it('is asked in its own words, and answers in those of OpenAI', async () => {
    const body = { model: 'x', messages: [{ role: 'system', content: 'Be brief' }, ...CHAT.messages], max_tokens: 5 };
    const answer = await ask(gateway, { models: ['two/claude-x'], body });

    expect(anthropic.last).toMatchObject({
      path: '/v1/messages',
      json: { model: 'claude-x', max_tokens: 5, system: [{ type: 'text', text: 'Be brief' }] },
    });
    expect(anthropic.last.headers).toMatchObject({ 'x-api-key': KEY, 'anthropic-version': '2023-06-01' });
    expect(anthropic.last.headers.authorization).toBeUndefined();
    expect(JSON.parse(await read(answer))).toMatchObject({
      object: 'chat.completion',
      model: 'claude-x',
      choices: [{ message: { role: 'assistant', content: 'Grüße vom Modell 🦞' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 9, completion_tokens: 12, total_tokens: 21 },
    });
  });

  it('is taken to have used what was expected where it counts in no numbers', async () => {
    const odd = { input_tokens: '9', output_tokens: -12, cache_read_input_tokens: {} };
    anthropic.once({ body: { ...anthropicMessage('Hello', 'm'), usage: odd } });
    const answer = await ask(gateway, { models: ['two/priced'] });

    expect(JSON.parse(await read(answer)).usage).toMatchObject({ prompt_tokens: 0, completion_tokens: 0 });
    const { input, output, cachedInput, cost } = (await answer.usage)!;
    expect(input).toBeGreaterThan(0);
    expect(output).toBeGreaterThan(0);
    expect(cachedInput).toBe(0);
    expect(cost).toBeCloseTo((input * PRICES.input + output * PRICES.output) / 1e6, 9);
  });

  it('means the same in a stream, wherever it was cut', async () => {
    const text = anthropicEvents(
      [
        { type: 'thinking', thinking: 'Hm 🦞', signature: 'sig' },
        { type: 'text', text: 'Grüße vom Modell' },
        { type: 'tool_use', id: 'call_1', name: 'look', input: { at: 'Zürich' } },
      ],
      'claude-x',
      { stop: 'tool_use' },
    );
    anthropic.once({ body: text }, { body: text, cuts: 'every byte' });
    const body = { ...CHAT, stream: true, stream_options: { include_usage: true } };
    const whole = events(await read(await ask(gateway, { models: ['two/claude-x'], body })));
    const torn = events(await read(await ask(gateway, { models: ['two/claude-x'], body })));

    expect(torn).toEqual(whole);
    expect(whole.at(-1)).toBe('[DONE]');
    const chunks = whole.slice(0, -1);
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }: { delta: object }) => delta));
    expect(deltas.map(({ content }: { content?: string }) => content ?? '').join('')).toBe('Grüße vom Modell');
    const args = deltas.flatMap(({ tool_calls: calls }) => calls ?? []).map((call) => call.function.arguments);
    expect(JSON.parse(args.join(''))).toEqual({ at: 'Zürich' });
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 21 } });
  });

  it('is not asked for what it does not have', async () => {
    const call = ask(gateway, { models: ['two/claude-x'], endpoint: 'embeddings', body: { model: 'x', input: 'a' } });

    await expect(call).rejects.toMatchObject({ code: 'invalid_request', detail: { fields: [{ path: 'model' }] } });
    expect(anthropic.asked).toEqual([]);
  });

  it('is not asked what cannot be said to it', async () => {
    const call = ask(gateway, { models: ['two/claude-x'], body: { ...CHAT, n: 2 } });

    await expect(call).rejects.toMatchObject({ code: 'invalid_request', detail: { fields: [{ path: 'n' }] } });
  });
});

describe('what was used', () => {
  // prettier-ignore
  it.each([
    ['a whole answer',                     'one/priced', {},                             { input: 9, output: 12, cachedInput: 0, cost: 207e-6 }],
    ['a stream',                           'one/priced', { stream: true },               { input: 9, output: 12, cachedInput: 0, cost: 207e-6 }],
    ['a model without a price',            'one/small',  {},                             { input: 9, output: 12, cachedInput: 0 }],
    ['a translated answer',                'two/priced', {},                             { input: 9, output: 12, cachedInput: 0, cost: 207e-6 }],
    ['a translated stream',                'two/priced', { stream: true },               { input: 9, output: 12, cachedInput: 0, cost: 207e-6 }],
  ])('%s', async (_, model, more, usage) => {
    const answer = await ask(gateway, { models: [model], body: { ...CHAT, ...more } });
    await read(answer);

    const used = await answer.usage;
    const { cost, ...tokens } = { cost: -1, ...usage };
    expect(used).toMatchObject(tokens);
    expect(used?.cost ?? -1).toBeCloseTo(cost, 9);
  });

  it('counts what came from a cache at its own price', async () => {
    openAi.once({ body: openAiCompletion('x', 'm', { prompt: 100, completion: 10, cached: 80 }) });
    const answer = await ask(gateway, { models: ['one/priced'] });

    const cost = (20 * 3 + 80 * 0.3 + 10 * 15) / 1e6;
    await expect(answer.usage).resolves.toEqual({
      input: 100,
      output: 10,
      cachedInput: 80,
      cost: expect.closeTo(cost, 9),
    });
  });

  it('of embeddings and responses is read as well', async () => {
    const embeddings = await ask(gateway, { endpoint: 'embeddings', body: { model: 'x', input: 'a' } });
    await expect(embeddings.usage).resolves.toEqual({ input: 8, output: 0, cachedInput: 0 });

    for (const stream of [false, true]) {
      const response = await ask(gateway, { endpoint: 'responses', body: { model: 'x', input: 'Hello', stream } });
      await read(response);
      await expect(response.usage).resolves.toEqual({ input: 9, output: 12, cachedInput: 4 });
    }
  });

  it('is estimated where nobody counts: a piece for a token', async () => {
    openAi.once({ body: openAiEvents('eins zwei drei vier', 'm') });
    const answer = await ask(gateway, { body: { ...CHAT, stream: true } });
    await read(answer);

    const { input, output } = (await answer.usage)!;
    expect(output).toBeGreaterThanOrEqual(4);
    expect(output).toBeLessThanOrEqual(8);
    expect(input).toBeGreaterThan(0);
  });
});
