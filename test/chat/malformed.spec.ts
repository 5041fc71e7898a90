import fc from 'fast-check';
import { codexToken } from '../credentials/token-stand.js';
import { startStocked } from '../credentials/stocked.js';
import { HOUSE_TOKEN, type Reply, type TestGateway } from '../helpers/gateway.js';
import {
  type AnthropicContent,
  anthropicEvents,
  anthropicMessage,
  StandInAnthropic,
} from '../helpers/stand-in-anthropic.js';
import { codexCallEvents, codexEvents, StandInCodex } from '../helpers/stand-in-codex.js';
import { openAiCompletion, openAiEvents, StandInOpenAi } from '../helpers/stand-in-openai.js';
import type { StandIn } from '../helpers/stand-in.js';
import { events } from './calling.js';
import { modelConfig, PROVIDER_KEY } from './model-api.js';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Path = readonly (string | number)[];

const RUNS = { numRuns: 150 };

let openAi: StandInOpenAi;
let claude: StandInAnthropic;
let codex: StandInCodex;
let gateway: TestGateway;

beforeAll(async () => {
  [openAi, claude, codex] = await Promise.all([StandInOpenAi.start(), StandInAnthropic.start(), StandInCodex.start()]);
  const models = {
    providers: {
      stand: { type: 'openai', baseUrl: openAi.baseUrl, apiKey: PROVIDER_KEY, models: ['gpt'] },
      chats: { api: 'openai-completions', baseUrl: openAi.baseUrl, apiKey: PROVIDER_KEY, models: ['plain'] },
      claude: { type: 'anthropic', baseUrl: claude.baseUrl, apiKey: PROVIDER_KEY, models: ['opus'] },
      'openai-codex': { baseUrl: codex.baseUrl, models: ['gpt-codex'] },
    },
  };
  const login = {
    type: 'oauth',
    provider: 'openai-codex',
    access: codexToken('account-of-the-house'),
    refresh: 'r',
    expires: 4_000_000_000_000,
    accountId: 'account-of-the-house',
  };
  const agents = { list: [{ id: 'main', default: true, model: 'stand/gpt' }] };
  const config = modelConfig(openAi, { models, agents });
  gateway = await startStocked({ main: { 'openai-codex:default': login } }, { config });
});
beforeEach(() => [openAi, claude, codex].forEach((one) => one.clear()));
afterAll(async () => {
  await gateway.close();
  await Promise.all([openAi.close(), claude.close(), codex.close()]);
});

const IMAGE = 'data:image/png;base64,AAAA';
const SCHEMA = { name: 'n', schema: { type: 'object' }, strict: true };

/** Requests that hold everything which is read anywhere, so that all of it can be something else. */
const REQUESTS: Readonly<Record<string, Json>> = {
  'chat/completions': {
    messages: [
      { role: 'system', content: [{ type: 'text', text: 'Be brief' }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Hello', cache_control: { type: 'ephemeral' } },
          { type: 'image_url', image_url: { url: IMAGE, detail: 'low' } },
          { type: 'file', file: { file_data: 'data:application/pdf;base64,AAAA', filename: 'a.pdf' } },
        ],
      },
      {
        role: 'assistant',
        content: [{ type: 'refusal', refusal: 'No' }],
        thinking_blocks: [{ type: 'thinking', thinking: 'x', signature: 's' }],
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
      },
      { role: 'tool', tool_call_id: 'c', content: [{ type: 'text', text: 'done' }] },
      { role: 'user', content: 'Thanks' },
    ],
    tools: [{ type: 'function', function: { name: 'f', description: 'd', parameters: {}, strict: true } }],
    tool_choice: 'auto',
    parallel_tool_calls: false,
    response_format: { type: 'json_schema', json_schema: SCHEMA },
    reasoning_effort: 'low',
    max_tokens: 5,
    max_completion_tokens: 5,
    temperature: 1,
    top_p: 1,
    n: 1,
    stop: [],
    logprobs: false,
    user: 'u',
    stream: false,
    stream_options: { include_usage: true },
  },
  responses: {
    instructions: 'Be brief',
    input: [
      { role: 'system', content: 'x' },
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'Hello' },
          { type: 'input_image', image_url: IMAGE, detail: 'low' },
          { type: 'input_file', file_data: 'data:application/pdf;base64,AAAA', filename: 'a.pdf' },
        ],
      },
      { type: 'reasoning', encrypted_content: 'chat-thinking.1.W10', summary: [] },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'x', annotations: [] }] },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_text', text: 'x' }] },
    ],
    tools: [{ type: 'function', name: 'f', description: 'd', parameters: {}, strict: true }],
    tool_choice: 'auto',
    parallel_tool_calls: true,
    text: { format: { type: 'json_schema', ...SCHEMA }, verbosity: 'low' },
    reasoning: { effort: 'low' },
    include: ['x'],
    metadata: { a: 'b' },
    max_output_tokens: 5,
    temperature: 1,
    top_p: 1,
    user: 'u',
    stream: false,
  },
  embeddings: { input: ['a', [1, 2]], dimensions: 3, encoding_format: 'float', user: 'u' },
};

/** Every place in a value, itself the first. */
function placesIn(value: Json, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  const parts = Object.entries(value).flatMap(([name, part]) =>
    placesIn(part, [...at, Array.isArray(value) ? Number(name) : name]),
  );
  return [at, ...parts];
}

/** The value with another one in a place. */
function withOther(value: Json, [name, ...rest]: Path, other: Json): Json {
  if (name === undefined) return other;
  if (typeof value !== 'object' || value === null) return value; // what was there has been replaced
  const copy: Json = Array.isArray(value) ? [...value] : { ...value };
  const parts = copy as { [name: string]: Json };
  parts[name] = withOther(parts[name] ?? null, rest, other);
  return copy;
}

/** What nobody expects there: other types, nothing, and things of a kind without what belongs to it. */
const odd: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(null, true, false, -1, 0.5, 1e308, '', 'x', [], {}, [null], [1], [[]], { x: null }),
  fc
    .constantFrom(
      'text',
      'image_url',
      'file',
      'function',
      'json_schema',
      'message',
      'reasoning',
      'input_image',
      'input_file',
    )
    .chain((type) => fc.constantFrom<Json>({ type }, { type, [type]: null }, { type, [type]: 'x' }, [{ type }])),
  fc
    .constantFrom('system', 'user', 'assistant', 'tool')
    .map((role) => ({ role, content: [null], tool_calls: [null], thinking_blocks: [null] })),
);

const changed = (value: Json): fc.Arbitrary<Json> =>
  fc
    .array(fc.tuple(fc.constantFrom(...placesIn(value).slice(1)), odd), { minLength: 1, maxLength: 3 })
    .map((changes) => changes.reduce((made, [place, other]) => withOther(made, place, other), value));

const MODELS = ['stand/gpt', 'chats/plain', 'claude/opus', 'openai-codex/gpt-codex'];
const CASES = MODELS.flatMap((model) => Object.keys(REQUESTS).map((endpoint) => [model, endpoint] as const));

function post(endpoint: string, body: object): Promise<Reply> {
  return gateway.call(`/v1/${endpoint}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${HOUSE_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

const ERROR = {
  message: expect.any(String),
  type: expect.any(String),
  code: expect.any(String),
  requestId: expect.any(String),
};

describe('a request that is not as it should be', () => {
  it.each(CASES)('to %s for %s is answered, or refused with the field that is wrong', async (model, endpoint) => {
    const request = REQUESTS[endpoint] as object;
    const knows = endpoint !== 'embeddings' || /stand|chats/.test(model);
    expect((await post(endpoint, { ...request, model })).status).toBe(knows ? 200 : 400);

    await fc.assert(
      fc.asyncProperty(changed(request as Json), async (body) => {
        const { status, body: said } = await post(endpoint, { ...(body as object), model });
        if (status === 200) return;
        expect({ status, error: said.error }).toEqual({
          status: 400,
          error: expect.objectContaining({ ...ERROR, code: 'invalid_request', param: expect.any(String) }),
        });
      }),
      RUNS,
    );
  });
});

/** The data of each event of a stream, as a list. */
const eventsOf = (text: string): Json => events(text).filter((event) => event !== '[DONE]') as Json;

const framed = (all: Json): string => (all as Json[]).map((data) => `data: ${JSON.stringify(data)}\n\n`).join('');

const BLOCKS: AnthropicContent[] = [
  { type: 'thinking', thinking: 'Hm.', signature: 's' },
  { type: 'text', text: 'Hello' },
  { type: 'tool_use', id: 'c', name: 'f', input: { a: 1 } },
];

describe('an answer that is not as it should be', () => {
  // prettier-ignore
  it.each<[string, () => StandIn, boolean, Json]>([
    ['stand/gpt',              () => openAi, false, openAiCompletion('Hello', 'm') as Json],
    ['chats/plain',            () => openAi, false, openAiCompletion('Hello', 'm') as Json],
    ['claude/opus',            () => claude, false, anthropicMessage('Hello', 'm') as Json],
    ['stand/gpt',              () => openAi, true,  eventsOf(openAiEvents('Hello you', 'm', { usage: true }))],
    ['chats/plain',            () => openAi, true,  eventsOf(openAiEvents('Hello you', 'm', { usage: true }))],
    ['claude/opus',            () => claude, true,  eventsOf(anthropicEvents(BLOCKS, 'm'))],
    ['openai-codex/gpt-codex', () => codex,  true,  eventsOf(codexEvents('Hello you'))],
    ['openai-codex/gpt-codex', () => codex,  true,  eventsOf(codexCallEvents('f', '{}'))],
  ])('of %s is passed on, or said to be none of its provider', async (model, standIn, stream, answer) => {
    await fc.assert(
      fc.asyncProperty(changed(answer), fc.constantFrom('chat/completions', 'responses'), async (body, endpoint) => {
        gateway.clock.advance(86_400_000); // no credential rests any more
        const text = stream ? `${framed(body)}data: [DONE]\n\n` : JSON.stringify(body);
        const type = stream ? 'text/event-stream' : 'application/json';
        standIn().clear().once({ body: text, headers: { 'content-type': type } });
        const asked = endpoint === 'responses' ? { input: 'Hello' } : { messages: [{ role: 'user', content: 'Hello' }] };
        const { status, body: said } = await post(endpoint, { ...asked, model, stream });
        expect(standIn().asked).toHaveLength(1);
        if (status === 200) return;
        expect(status).not.toBe(500);
        expect(said.error).toMatchObject({ ...ERROR, type: 'upstream_error' });
      }),
      { numRuns: 60 },
    );
  });
});
