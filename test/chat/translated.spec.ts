import OpenAI from 'openai';
import { codexToken } from '../credentials/token-stand.js';
import { startStocked } from '../credentials/stocked.js';
import type { TestGateway } from '../helpers/gateway.js';
import { anthropicEvents, StandInAnthropic } from '../helpers/stand-in-anthropic.js';
import { codexCallEvents, StandInCodex } from '../helpers/stand-in-codex.js';
import { openAiError, openAiEvents, openAiToolEvents, StandInOpenAi } from '../helpers/stand-in-openai.js';
import { HELLO, modelConfig, PROVIDER_KEY, sdk } from './model-api.js';

const ANSWER = 'Grüße vom Modell 🦞';
const CODEX_TOKEN = codexToken('account-of-the-house');

let chats: StandInOpenAi;
let claude: StandInAnthropic;
let codex: StandInCodex;
let gateway: TestGateway;
let client: OpenAI;

beforeAll(async () => {
  [chats, claude, codex] = await Promise.all([StandInOpenAi.start(), StandInAnthropic.start(), StandInCodex.start()]);
  const models = {
    providers: {
      chats: { api: 'openai-completions', baseUrl: chats.baseUrl, apiKey: PROVIDER_KEY, models: ['plain'] },
      strict: { api: 'openai-completions', baseUrl: chats.baseUrl, apiKey: PROVIDER_KEY, models: ['plain'] },
      claude: { type: 'anthropic', baseUrl: claude.baseUrl, apiKey: PROVIDER_KEY, models: ['opus'] },
      'openai-codex': { baseUrl: codex.baseUrl, models: ['gpt-codex'] },
    },
  };
  const login = {
    type: 'oauth',
    provider: 'openai-codex',
    access: CODEX_TOKEN,
    refresh: 'r',
    expires: 4_000_000_000_000,
    accountId: 'account-of-the-house',
  };
  const agents = { list: [{ id: 'main', default: true, model: 'claude/opus' }] };
  const config = modelConfig(chats, { models, agents });
  gateway = await startStocked({ main: { 'openai-codex:default': login } }, { config });
  client = sdk(gateway);
});
afterEach(() => [chats, claude, codex].forEach((one) => one.clear()));
afterAll(async () => {
  await gateway.close();
  await Promise.all([chats.close(), claude.close(), codex.close()]);
});

describe('responses, by the SDK of OpenAI', () => {
  const MODELS = ['chats/plain', 'claude/opus', 'openai-codex/gpt-codex'];

  it.each(MODELS)('of %s at once', async (model) => {
    const response = await client.responses.create({ model, input: 'Hello', instructions: 'Be brief.' });
    expect(response).toMatchObject({ object: 'response', status: 'completed', output_text: ANSWER });
    expect(response.usage).toMatchObject({ input_tokens: 9, output_tokens: 12 });
  });

  it.each(MODELS)('of %s as it comes', async (model) => {
    const stream = client.responses.stream({ model, input: 'Hello' });
    let text = '';
    stream.on('response.output_text.delta', ({ delta }) => (text += delta));
    // The SDK puts the answer together from the events, and throws where one is out of turn.
    const response = await stream.finalResponse();
    expect(text).toBe(ANSWER);
    expect(response.status).toBe('completed');
  });

  it('of a provider that will not be asked for the usage of a stream', async () => {
    const refusal = { status: 422, body: { detail: [{ loc: ['body', 'stream_options'], msg: 'Extra inputs' }] } };
    chats.once(refusal, { body: openAiEvents('eins zwei', 'plain') });
    const hear = () => client.responses.stream({ model: 'strict/plain', input: 'Hello' }).finalResponse();
    expect((await hear()).output_text).toBe('eins zwei');
    expect((await hear()).output_text).toBe(ANSWER);
    const wished = chats.asked.map(({ json }) => json.stream_options);
    expect(wished).toEqual([{ include_usage: true }, undefined, undefined]);
  });

  it('calls tools and is told what came of it', async () => {
    chats.once({ body: openAiToolEvents('look_up', '{"word":"Gruß"}', 'plain'), cuts: 'every byte' });
    const tools: OpenAI.Responses.Tool[] = [{ type: 'function', name: 'look_up', parameters: null, strict: null }];
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'Hello' }];
    const { output } = await client.responses.stream({ model: 'chats/plain', input, tools }).finalResponse();
    expect(output).toMatchObject([{ type: 'function_call', call_id: 'call_1', arguments: '{"word":"Gruß"}' }]);

    const result = { type: 'function_call_output', call_id: 'call_1', output: 'a greeting' } as const;
    const next = [...input, ...(output as OpenAI.Responses.ResponseInput), result];
    expect((await client.responses.create({ model: 'chats/plain', input: next, tools })).output_text).toBe(ANSWER);
    expect(chats.last).toMatchObject({
      path: '/v1/chat/completions',
      json: {
        messages: [
          { role: 'user', content: 'Hello' },
          { role: 'assistant', content: null, tool_calls: [{ id: 'call_1', function: { name: 'look_up' } }] },
          { role: 'tool', tool_call_id: 'call_1', content: 'a greeting' },
        ],
      },
    });
  });

  it('names what cannot be asked of a provider of chats', async () => {
    const asked = client.responses.create({ model: 'claude/opus', input: 'Hello', tools: [{ type: 'web_search' }] });
    await expect(asked).rejects.toMatchObject({ status: 400, message: expect.stringContaining('tools[0].type') });
    expect(claude.asked).toEqual([]);
  });

  it('breaks off with an error that the SDK throws', async () => {
    claude.once({ body: anthropicEvents([{ type: 'text', text: ANSWER }], 'opus'), breakAfter: 400 });
    const stream = await client.responses.create({ model: 'claude/opus', input: 'Hello', stream: true });
    const reading = (async () => {
      for await (const _ of stream);
    })();
    await expect(reading).rejects.toThrow(/^anthropic .*middle of the answer/);
  });

  it("shows a provider's failure as the chat API does", async () => {
    chats.once(openAiError(503, 'overloaded'));
    const asked = client.responses.create({ model: 'chats/plain', input: 'Hello' });
    await expect(asked).rejects.toMatchObject({ code: 'upstream_overloaded' });
  });
});

describe('a subscription of ChatGPT', () => {
  const ASK = { model: 'openai-codex/gpt-codex', messages: [...HELLO] };

  it('is asked with its own token and account, and nothing of the caller', async () => {
    await client.chat.completions.create(ASK);
    const { headers, path, json } = codex.last;
    expect(path).toBe('/backend-api/codex/responses');
    expect(headers).toMatchObject({
      authorization: `Bearer ${CODEX_TOKEN}`,
      'chatgpt-account-id': 'account-of-the-house',
      'openai-beta': 'responses=experimental',
      originator: 'doorward',
      accept: 'text/event-stream',
    });
    expect(json).toMatchObject({ model: 'gpt-codex', store: false, stream: true });
  });

  it('chats at once', async () => {
    const { choices, usage } = await client.chat.completions.create({ ...ASK, max_tokens: 50, temperature: 0 });
    expect(choices[0]!.message.content).toBe(ANSWER);
    expect(usage).toMatchObject({ prompt_tokens: 9, completion_tokens: 12 });
  });

  it('chats as it comes, and calls tools', async () => {
    codex.once({ body: codexCallEvents('look_up', '{"word":"Gruß"}'), cuts: 'every byte' });
    const stream = client.chat.completions.stream({
      ...ASK,
      tools: [{ type: 'function', function: { name: 'look_up', parameters: { type: 'object', properties: {} } } }],
    });
    const message = await stream.finalMessage();
    expect(message.tool_calls).toMatchObject([{ id: 'call_1', function: { arguments: '{"word":"Gruß"}' } }]);
  });

  it('says when it is used up', async () => {
    codex.once({
      status: 429,
      body: { error: { type: 'usage_limit_reached', message: 'The usage limit has been reached' } },
    });
    await expect(client.chat.completions.create(ASK)).rejects.toMatchObject({ code: 'upstream_rate_limited' });
  });
});
