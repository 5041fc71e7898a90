import OpenAI from 'openai';
import { bearer, HOUSE_TOKEN, type Reply, startGateway, type TestGateway } from '../helpers/gateway.js';
import {
  openAiError,
  openAiEvents,
  openAiResponseEvents,
  openAiToolEvents,
  StandInOpenAi,
} from '../helpers/stand-in-openai.js';
import { given } from '../helpers/given.js';
import { World } from '../helpers/world.js';
import { curl, hasCurl, HELLO, modelConfig, PROVIDER_KEY, sdk } from './model-api.js';

let standIn: StandInOpenAi;
let gateway: TestGateway;
let world: World;
let client: OpenAI;

const ANSWER = 'Grüße vom Modell 🦞';
const ASK = { model: 'openclaw', messages: [...HELLO] };

beforeAll(async () => {
  standIn = await StandInOpenAi.start();
  gateway = await startGateway({ config: modelConfig(standIn), database: 'embedded' });
  world = new World(gateway);
  client = sdk(gateway);
});
afterEach(() => standIn.clear());
afterAll(async () => {
  await gateway.close();
  await standIn.close();
});

describe('the SDK of OpenAI, unchanged', () => {
  it('is answered at once', async () => {
    const { data, response } = await client.chat.completions.create(ASK).withResponse();
    expect(data.choices[0]!.message.content).toBe(ANSWER);
    expect(data.usage).toMatchObject({ prompt_tokens: 9, completion_tokens: 12 });
    expect(response.headers.get('x-doorward-model')).toBe('stand/gpt-test');
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(standIn.last).toMatchObject({ path: '/v1/chat/completions', json: { model: 'gpt-test', messages: HELLO } });
    expect(standIn.last.headers.authorization).toBe(`Bearer ${PROVIDER_KEY}`);
  });

  it('is answered as it comes', async () => {
    const stream = await client.chat.completions.create({ ...ASK, stream: true });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe(ANSWER);
  });

  it('is told the usage of a stream where it asks for it, and nothing of it where it does not', async () => {
    const usages = async (more: object): Promise<unknown[]> => {
      const stream = await client.chat.completions.create({ ...ASK, stream: true, ...more });
      const seen: unknown[] = [];
      for await (const chunk of stream) if (chunk.choices.length === 0) seen.push(chunk.usage);
      return seen;
    };
    expect(await usages({ stream_options: { include_usage: true } })).toMatchObject([{ total_tokens: 21 }]);
    expect(await usages({})).toEqual([]);
  });

  it('is called back for tools, streamed, byte by byte', async () => {
    standIn.once({ body: openAiToolEvents('look_up', '{"word":"Gruß"}', 'gpt-test'), cuts: 'every byte' });
    const stream = client.chat.completions.stream({
      ...ASK,
      tools: [{ type: 'function', function: { name: 'look_up', parameters: { type: 'object', properties: {} } } }],
    });
    const [call] = (await stream.finalMessage()).tool_calls!;
    expect(call).toMatchObject({ function: { name: 'look_up', arguments: '{"word":"Gruß"}' } });

    standIn.clear();
    const messages: OpenAI.ChatCompletionMessageParam[] = [
      ...HELLO,
      { role: 'assistant', tool_calls: [call as OpenAI.ChatCompletionMessageFunctionToolCall] },
      { role: 'tool', tool_call_id: 'call_1', content: 'a greeting' },
    ];
    await client.chat.completions.create({ ...ASK, messages });
    expect(standIn.last.json.messages).toEqual(messages);
  });

  it('embeds', async () => {
    const { data } = await client.embeddings.create({
      model: 'stand/vectors',
      input: ['one', 'two'],
      encoding_format: 'float',
    });
    expect(data.map(({ embedding }) => embedding)).toEqual([
      [0.25, -0.5, 0.125],
      [0.25, -0.5, 0.125],
    ]);
    expect(standIn.last).toMatchObject({ path: '/v1/embeddings', json: { model: 'vectors', input: ['one', 'two'] } });
  });

  it('responds, at once and streamed', async () => {
    const whole = await client.responses.create({ model: 'openclaw/main', input: 'Hello' });
    expect(whole.output_text).toBe(ANSWER);
    standIn.once({ body: openAiResponseEvents(ANSWER, 'gpt-test'), cuts: 'every byte' });
    const stream = await client.responses.create({ model: 'openclaw/main', input: 'Hello', stream: true });
    let text = '';
    for await (const event of stream) if (event.type === 'response.output_text.delta') text += event.delta;
    expect(text).toBe(ANSWER);
    expect(standIn.last).toMatchObject({ path: '/v1/responses', json: { model: 'gpt-test', input: 'Hello' } });
  });

  it('asks models of any name', async () => {
    const model = 'stand/größe 🦞 %';
    const { response } = await client.chat.completions.create({ ...ASK, model }).withResponse();
    expect(standIn.last.json.model).toBe('größe 🦞 %');
    expect(decodeURI(response.headers.get('x-doorward-model')!)).toBe(model);
  });

  it('hangs up, and the provider is hung up on', async () => {
    const stop = new AbortController();
    standIn.once({ body: openAiEvents('a b c', 'gpt-test'), cuts: [40, 80], hangs: true });
    const stream = await client.chat.completions.create({ ...ASK, stream: true }, { signal: stop.signal });
    const reading = (async () => {
      for await (const _ of stream) stop.abort();
    })();
    await reading.catch(() => undefined);
    const from = performance.now();
    expect(await standIn.last.over).toBe(true);
    expect(performance.now() - from).toBeLessThan(1000);
  });

  it('hangs up before there is an answer, and the provider is hung up on', async () => {
    const stop = new AbortController();
    let asked = (): void => {};
    const arrived = new Promise<void>((resolve) => (asked = resolve));
    standIn.once(() => {
      asked();
      return { before: new Promise(() => undefined) };
    });
    const calling = client.chat.completions.create(ASK, { signal: stop.signal }).catch((error: unknown) => error);
    await arrived;
    stop.abort();
    expect(await standIn.last.over).toBe(true);
    expect(await calling).toBeInstanceOf(OpenAI.APIUserAbortError);
  });
});

describe('the words of the family', () => {
  // prettier-ignore
  it.each<[string, Record<string, string>, Record<string, unknown>, string]>([
    ['x-openclaw-agent-id',  { 'x-openclaw-agent-id': 'main' }, { model: 'gpt-test' },          'gpt-test'],
    ['x-openclaw-agent',     { 'x-openclaw-agent': 'MAIN' },    { model: 'openclaw/nobody' },   'gpt-test'],
    ['x-openclaw-model',     { 'x-openclaw-model': 'stand/other' }, { model: 'openclaw' },      'other'],
    ['x-doorward-model',     { 'x-doorward-model': 'vectors' }, {},                             'vectors'],
    ['no model at all',      {},                                {},                             'gpt-test'],
    ['a session',            { 'x-openclaw-session-key': 'agent:main:x' }, {},                  'gpt-test'],
  ])('%s', async (_, headers, more, model) => {
    const reply = await gateway.call('/v1/chat/completions', {
      method: 'POST',
      headers: { ...bearer(HOUSE_TOKEN), ...headers },
      body: { messages: HELLO, ...more },
    });
    expect([reply.status, standIn.last.json.model]).toEqual([200, model]);
  });

  // prettier-ignore
  it.each<[string, Record<string, string>, number, string]>([
    ['an unknown agent',         { 'x-openclaw-agent-id': 'nobody' },                            404, 'no such agent: nobody'],
    ['an agent said twice',      { 'x-openclaw-agent-id': 'main', 'x-doorward-agent': 'other' }, 400, 'x-openclaw-agent-id: is said twice'],
    ['an unknown model',         { 'x-openclaw-model': 'nowhere/x' },                            404, 'no such model: nowhere/x'],
    ['a session of subagents',   { 'x-openclaw-session-key': 'subagent:x' },                     400, 'x-openclaw-session-key: must be'],
    ['a session of cron',        { 'x-openclaw-session-key': 'Cron:x' },                         400, 'x-openclaw-session-key: must be'],
    ['an agent of no name',      { 'x-openclaw-agent': 'x'.repeat(300) },                        400, 'x-openclaw-agent-id: must be'],
    ['an endless session',       { 'x-openclaw-session-key': 'x'.repeat(300) },                  400, 'x-openclaw-session-key: must be'],
  ])('%s is refused', async (_, headers, status, message) => {
    const reply = await gateway.call('/v1/chat/completions', {
      method: 'POST',
      headers: { ...bearer(HOUSE_TOKEN), ...headers },
      body: { messages: HELLO },
    });
    expect([reply.status, reply.body.error.message]).toEqual([status, expect.stringContaining(message)]);
    expect(reply.body.error.param).toBe(Object.keys(headers)[0]!.replace(/agent$/, 'agent-id'));
    expect(standIn.asked).toEqual([]);
  });
});

describe('S123: another model in the place of the one of an agent', () => {
  const chat = async (token: string, headers: Record<string, string>, model = 'openclaw'): Promise<Reply> =>
    gateway.call('/v1/chat/completions', {
      method: 'POST',
      headers: { ...bearer(token), ...headers },
      body: { model, messages: HELLO },
    });

  it.each(['x-openclaw-model', 'x-doorward-model'])('%s is for admins alone', async (name) => {
    const [member, admin] = [await world.person('member'), await world.person('admin')];
    const refused = await chat(member.token, { [name]: 'stand/other' });
    expect([refused.status, refused.body.error.message]).toEqual([403, 'missing scope: operator.admin']);
    expect(standIn.asked).toEqual([]);
    expect((await chat(admin.token, { [name]: 'stand/other' })).status).toBe(200);
    expect(standIn.last.json.model).toBe('other');
  });

  it('the other words are for whoever may write', async () => {
    const { token } = await world.person('member');
    const words = { 'x-openclaw-agent-id': 'main', 'x-openclaw-session-key': 'mine', 'x-openclaw-model': '' };
    expect((await chat(token, words)).status).toBe(200);
    expect((await chat(token, {}, 'stand/other')).status).toBe(200);
  });
});

describe('what is wrong with a request', () => {
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
  const PNG = 'data:image/png;base64,AAAA';
  const nine = (one: object): object[] => Array.from({ length: 9 }, () => one);
  const said = (content: object): object => ({ role: 'user', content });
  const many = (count: number): object => ({
    messages: [{ role: 'user', content: Array.from({ length: count }, () => image) }],
  });

  // prettier-ignore
  it.each<[string, string, object | string, string]>([
    ['no object',            'chat/completions', '[]',                                   'the body must be a JSON object'],
    ['no JSON',              'chat/completions', '{"messages":',                         'the body is no JSON'],
    ['no messages',          'chat/completions', {},                                     'messages: must be'],
    ['no role',              'chat/completions', { messages: [...HELLO, { a: 1 }] },     'messages[1].role: must be'],
    ['a wrong model',        'chat/completions', { ...ASK, model: 7 },                   'model: must be a text'],
    ['a wrong stream',       'chat/completions', { ...ASK, stream: 'yes' },              'stream: must be true or false'],
    ['a wrong user',         'chat/completions', { ...ASK, user: {} },                   'user: must be a text'],
    ['a user with NUL',      'chat/completions', { ...ASK, user: 'a\0b' },              'user: must be a text of at most 512 characters, none of them NUL'],
    ['a bound as a text',    'chat/completions', { ...ASK, max_tokens: '100000' },       'max_tokens: must be a number of at least 1, or null'],
    ['a negative bound',     'chat/completions', { ...ASK, max_completion_tokens: -1 },  'max_completion_tokens: must be a number'],
    ['a bound of nothing',   'responses',        { input: 'a', max_output_tokens: 0 },   'max_output_tokens: must be a number'],
    ['a bound without end',  'chat/completions', '{"messages":[{"role":"user","content":"a"}],"max_tokens":1e999}', 'max_tokens: must be a number'],
    ['answers as a text',    'chat/completions', { ...ASK, n: '50' },                    'n: must be a number'],
    ['the best of a list',   'chat/completions', { ...ASK, best_of: [50] },              'best_of: must be a number'],
    ['nine images',          'chat/completions', many(9),                                'messages: holds 9 images; send at most 8'],
    ['nothing to embed',     'embeddings',       { input: [] },                          'input: must be'],
    ['streamed embeddings',  'embeddings',       { input: 'a', stream: true },           'stream: embeddings'],
    ['nothing to respond to', 'responses',       {},                                     'input: must be given'],
    ['a response for later', 'responses',        { input: 'a', background: true },       'background: nobody could'],
    ['nine images in items', 'responses',        { input: [{ role: 'user', content: Array.from({ length: 9 }, () => ({ type: 'input_image' })) }] }, 'input: holds 9 images'],
    ['beside no messages',   'responses',        { messages: [], input: [said(nine({ type: 'input_image' }))] }, 'input: holds 9 images'],
    ['images in a file',     'responses',        { input: [said(nine({ type: 'input_file', file_data: PNG }))] }, 'input: holds 9 images'],
    ['images as files',      'chat/completions', { messages: [said(nine({ type: 'file', file: { file_data: PNG } }))] }, 'messages: holds 9 images'],
    ['images in capitals',   'chat/completions', { messages: [said(nine({ ...image, type: 'IMAGE_URL' }))] }, 'messages: holds 9 images'],
    ['images not in a list', 'chat/completions', { messages: nine(said(image)) },        'messages: holds 9 images'],
    ['images in an object',  'chat/completions', { messages: [said({ parts: nine(image) })] }, 'messages: holds 9 images'],
  ])('%s', async (_, path, body, message) => {
    const headers = { ...bearer(HOUSE_TOKEN), 'content-type': 'application/json' };
    const reply = await gateway.call(`/v1/${path}`, { method: 'POST', headers, body });
    expect(reply.status).toBe(400);
    expect(reply.body.error).toMatchObject({ type: 'invalid_request_error', code: 'invalid_request' });
    expect(reply.body.error.message).toContain(message);
    expect(standIn.asked).toEqual([]);
  });

  it('eight images are well, and so are megabytes of them', async () => {
    const body = JSON.stringify(many(8)).replace('AAAA', 'A'.repeat(15 * 1024 * 1024));
    const reply = await gateway.call('/v1/chat/completions', { method: 'POST', headers: bearer(HOUSE_TOKEN), body });
    expect(reply.status).toBe(200);
    expect(standIn.last.text.length).toBeGreaterThan(15 * 1024 * 1024);
  });

  it('more than 20 MB: 413', async () => {
    const body = JSON.stringify(many(1)).replace('AAAA', 'A'.repeat(21 * 1024 * 1024));
    const reply = await gateway.call('/v1/chat/completions', { method: 'POST', headers: bearer(HOUSE_TOKEN), body });
    expect([reply.status, reply.body.error.code]).toEqual([413, 'payload_too_large']);
  });

  it('an endpoint that is switched off is not there', async () => {
    const { gateway: settings, ...rest } = modelConfig(standIn) as { gateway: object };
    await world.configure({
      ...rest,
      gateway: { ...settings, http: { endpoints: { embeddings: { enabled: false } } } },
    });
    const error = await client.embeddings
      .create({ model: 'stand/vectors', input: 'a' })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 404, code: 'not_found' });
    await client.chat.completions.create(ASK);
    await world.configure(modelConfig(standIn));
  });
});

describe('errors of providers', () => {
  const failing = async (maxRetries = 0): Promise<InstanceType<typeof OpenAI.APIError>> => {
    const api = sdk(gateway, HOUSE_TOKEN, { maxRetries });
    return (await api.chat.completions.create(ASK).catch((error: unknown) => error)) as InstanceType<
      typeof OpenAI.APIError
    >;
  };

  it('about the request keep their words, and are not tried again', async () => {
    standIn.once(openAiError(400, 'Unknown parameter: bogus', { param: 'bogus' }));
    const error = await failing(2);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ code: 'upstream_invalid_request', type: 'upstream_error', param: 'bogus' });
    expect(error.message).toContain('Unknown parameter: bogus');
    expect(standIn.asked).toHaveLength(1);
  });

  it('that pass are tried again by the SDK, as late as it is told', async () => {
    standIn.once(openAiError(500, 'broken'), openAiError(503, 'overloaded', { headers: { 'retry-after-ms': '5' } }));
    const { choices } = await sdk(gateway, HOUSE_TOKEN, { maxRetries: 4 }).chat.completions.create(ASK);
    expect(choices[0]!.message.content).toBe(ANSWER);
  });

  it('in a stream that has begun are one error', async () => {
    standIn.once({ body: openAiEvents('a b c d', 'gpt-test'), breakAfter: 400 });
    const stream = await client.chat.completions.create({ ...ASK, stream: true });
    const reading = (async () => {
      for await (const _ of stream);
    })();
    await expect(reading).rejects.toBeInstanceOf(OpenAI.APIError);
  });
});

describe('what was tried', () => {
  const explained = async (requestId: string | null | undefined, headers = bearer(HOUSE_TOKEN)): Promise<unknown> =>
    (await gateway.get(`/api/v1/auth/decisions/${requestId}`, headers)).body.models;

  it('is in the trace of the decision, for admins of the house', async () => {
    const { response } = await client.chat.completions.create(ASK).withResponse();
    const once = { model: 'stand/gpt-test', candidate: 'models.providers.stand.apiKey', outcome: 'succeeded' };
    expect(await explained(response.headers.get('x-request-id'))).toEqual([once]);
    expect(
      await explained((await gateway.get('/v1/models', bearer(HOUSE_TOKEN))).headers['x-request-id'] as string),
    ).toBeUndefined();

    standIn.once(openAiError(401, 'no'));
    const error = await sdk(gateway)
      .chat.completions.create(ASK)
      .catch((thrown: unknown) => thrown);
    const { requestID } = error as { requestID: string };
    expect(await explained(requestID)).toEqual([{ ...once, outcome: 'auth' }]);
  });

  it('is not shown to the admins of a tenant', async () => {
    const { token } = await world.tenantToken();
    const { response } = await sdk(gateway, token).chat.completions.create(ASK).withResponse();
    const id = response.headers.get('x-request-id');
    expect(await explained(id, bearer(token))).toBeUndefined();
    expect(await explained(id)).toHaveLength(1);
  });
});

given(hasCurl, 'a plain curl', () => {
  it('is answered', async () => {
    const { status, body } = await curl(gateway, '/v1/chat/completions', ASK, bearer(HOUSE_TOKEN));
    expect(status).toBe(200);
    expect(JSON.parse(body).choices[0].message.content).toBe(ANSWER);
  });

  it('sees the events as the provider sent them', async () => {
    const events = openAiEvents('a b c', 'gpt-test');
    standIn.once({ body: events, cuts: 'every byte' });
    const { body } = await curl(gateway, '/v1/chat/completions', { ...ASK, stream: true }, bearer(HOUSE_TOKEN));
    expect(body).toBe(events);
  });

  it('is told what it did wrong', async () => {
    const { status, body } = await curl(gateway, '/v1/chat/completions', ASK, {});
    expect(status).toBe(401);
    expect(JSON.parse(body)).toMatchObject({ error: { message: 'Unauthorized', code: 'token_missing' } });
  });
});
