import fc from 'fast-check';
import { Redaction } from '../forwarding/redaction.js';
import { Trouble } from '../forwarding/trouble.js';
import type { ModelCall } from '../model-call.js';
import { anthropic } from '../providers/anthropic/anthropic.dialect.js';
import type { AnswerReader, Exchange, ProviderDialect } from '../providers/dialect.js';
import { openAi } from '../providers/openai/openai.dialect.js';
import { SseParser } from '../sse.js';
import { responsesOverChat } from './over-chat.js';
import type { ResponseEvent } from './wire.js';

const REDACTION = new Redaction('sk-secret-of-the-house', {});

function exchange(dialect: ProviderDialect, more: object = {}, isStream = false): Exchange {
  const call = {
    endpoint: 'responses',
    requestId: '7b0a0a6e-5a3f-4d5d-9d9e-0d5c8a2a1f00',
    body: { model: 'agent', input: 'Hello', max_output_tokens: 100, ...more },
    isStream,
  } as unknown as ModelCall;
  const target = { model: 'claude-opus', created: 1_767_960_000 };
  return responsesOverChat(call, target.created, (chat) => dialect.exchange(chat, target))!;
}

/** Reads a stream that comes in these pieces to its end. Throws what the reader throws. */
function read(reader: AnswerReader, bytes: Buffer, cuts: readonly number[] = []): ResponseEvent[] {
  const edges = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length), bytes.length])].sort((a, b) => a - b);
  const out = edges.slice(1).map((edge, at) => reader.push(bytes.subarray(edges[at], edge)) ?? '');
  const text = [...out, reader.end() ?? ''].join('');
  return new SseParser().push(Buffer.from(text)).map(({ event, data }) => {
    const told = JSON.parse(data) as ResponseEvent;
    expect(event).toBe(told.type);
    return told;
  });
}

const events = (all: readonly object[]): string => all.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('');

const CHAT = [
  { choices: [{ index: 0, delta: { role: 'assistant', content: 'Grü' }, finish_reason: null }] },
  { choices: [{ index: 0, delta: { content: 'ße ✓' }, finish_reason: null }] },
  { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } },
].map((chunk) => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'gpt-test', ...chunk }));

const MESSAGES = [
  { type: 'message_start', message: { usage: { input_tokens: 3, output_tokens: 1 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Hm.' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'sig' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'content_block_start', index: 1, content_block: { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} } },
  { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"a":"ü"}' } },
  { type: 'content_block_stop', index: 1 },
  { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 9 } },
  { type: 'message_stop' },
];

// prettier-ignore
const STREAMS = [
  ['a provider of chats', openAi,    Buffer.from(`${events(CHAT)}data: [DONE]\n\n`), 'response.completed'],
  ['Anthropic',           anthropic, Buffer.from(events(MESSAGES)),                  'response.completed'],
] as const;

describe('a call to responses of a provider that knows only chats', () => {
  it('asks it a chat, with the usage of a stream', () => {
    const { path, body } = exchange(openAi, { instructions: 'Be brief.' }, true);
    expect(path).toBe('chat/completions');
    expect(JSON.parse(body.toString())).toEqual({
      model: 'claude-opus',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
      ],
      max_tokens: 100,
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('asks Anthropic a message', () => {
    const { path, body } = exchange(anthropic, { instructions: 'Be brief.' });
    expect(path).toBe('messages');
    expect(JSON.parse(body.toString())).toEqual({
      model: 'claude-opus',
      system: [{ type: 'text', text: 'Be brief.' }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
      max_tokens: 100,
    });
  });

  const png = (url: string) => ({ type: 'input_image', image_url: url });
  const pdf = (more: object) => ({ type: 'input_file', ...more });
  const call = (more: object) => ({ type: 'function_call', call_id: 'c', name: 'f', arguments: '{}', ...more });
  const ask = { role: 'user', content: 'Hello' };

  // prettier-ignore
  it.each<[string, object]>([
    ['reasoning.effort',               { reasoning: { effort: 'bogus' } }],
    ['input',                          { input: '' }],
    ['input',                          { input: '', instructions: 'Be brief.' }],
    ['text.format.type',               { text: { format: { type: 'json_object' } } }],
    ['text.format.schema',             { text: { format: { type: 'json_schema', name: 'n' } } }],
    ['tool_choice',                    { tools: [{ type: 'function', name: 'f' }], tool_choice: 'required', reasoning: { effort: 'low' } }],
    ['input[0].content[0].image_url',  { input: [{ role: 'user', content: [png('file:///etc/passwd')] }] }],
    ['input[0].content[0].image_url',  { instructions: 'Be brief.', input: [{ role: 'user', content: [png('x')] }] }],
    ['input[1].content[1].file_data',  { input: [ask, { role: 'user', content: [png('https://example.com'), pdf({ file_data: 'x' })] }] }],
    ['input[1].content[0].file_url',   { input: [ask, { role: 'user', content: [pdf({ file_url: 'x' })] }] }],
    ['input[0].content[0].type',       { input: [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }] }],
    ['input[3].arguments',             { input: [ask, { role: 'assistant', content: 'I look.' }, call({}), call({ arguments: '{' }), ask] }],
    ['input[3].content[0].image_url',  { input: [ask, call({}), call({}), { role: 'assistant', content: [png('x')] }] }],
    ['input[2].output[0].image_url',   { input: [ask, call({}), { type: 'function_call_output', call_id: 'c', output: [png('x')] }] }],
  ])('names %s as the caller does, where Anthropic cannot be asked', (path, more) => {
    let refused: unknown;
    try {
      exchange(anthropic, more);
    } catch (error) {
      refused = error;
    }
    const named = { path, message: expect.any(String) };
    const message = expect.stringMatching(/^(?!.*(messages|response_format|reasoning_effort))/);
    expect(refused).toMatchObject({ code: 'invalid_request', detail: { fields: [named], message } });
  });

  it('gives a whole answer back as a response', () => {
    const message = {
      type: 'message',
      content: [{ type: 'text', text: 'Hello. sk-secret-of-the-house' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 3, output_tokens: 2 },
    };
    const answer = exchange(anthropic).whole(Buffer.from(JSON.stringify(message)), REDACTION);
    expect(answer).toMatchObject({ tokens: { input: 3, output: 2 } });
    const body = (answer as { body: Buffer }).body.toString();
    expect(JSON.parse(body)).toMatchObject({
      id: 'resp_7b0a0a6e5a3f4d5d9d9e0d5c8a2a1f00',
      object: 'response',
      created_at: 1_767_960_000,
      status: 'completed',
      output: [{ type: 'message', content: [{ type: 'output_text' }] }],
      usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
    });
    expect(body).not.toContain('sk-secret');
  });

  it('gives trouble back as it is', () => {
    expect(exchange(anthropic).whole(Buffer.from('{}'), REDACTION)).toBeInstanceOf(Trouble);
  });

  it.each(STREAMS)('means the same however the stream of %s is cut', (_whose, dialect, bytes, last) => {
    const whole = read(exchange(dialect, {}, true).events(REDACTION), bytes);
    expect(whole.at(-1)!.type).toBe(last);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
        expect(read(exchange(dialect, {}, true).events(REDACTION), bytes, cuts)).toEqual(whole);
      }),
    );
  });

  it('thoughts of Anthropic can be sent back', () => {
    const told = read(exchange(anthropic, {}, true).events(REDACTION), Buffer.from(events(MESSAGES)));
    const { output } = told.at(-1)!.response as { output: object[] };
    const again = exchange(anthropic, {
      input: [
        { role: 'user', content: 'Do.' },
        ...output,
        { type: 'function_call_output', call_id: 'toolu_1', output: '1' },
      ],
    });
    expect((JSON.parse(again.body.toString()) as { messages: object[] }).messages[1]).toEqual({
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: 'sig' },
        { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 'ü' } },
      ],
    });
  });

  it('counts what the provider counted', () => {
    const reader = exchange(openAi, {}, true).events(REDACTION);
    read(reader, STREAMS[0][2]);
    expect(reader.tokens).toMatchObject({ input: 3, output: 2 });
    expect(reader.pieces).toBeGreaterThan(1);
  });

  it('a stream that ends after the model has stopped is whole, also without the last word', () => {
    const told = read(exchange(openAi, {}, true).events(REDACTION), Buffer.from(events(CHAT)));
    expect(told.at(-1)!.type).toBe('response.completed');
  });

  it.each([
    ['before the model has stopped', openAi, events(CHAT.slice(0, 2))],
    ['before the message has stopped', anthropic, events(MESSAGES.slice(0, 4))],
  ])('a stream that ends %s is broken', (_when, dialect, text) => {
    expect(() => read(exchange(dialect, {}, true).events(REDACTION), Buffer.from(text))).toThrow(
      'ended before the answer did',
    );
  });

  it('an error of the provider is trouble, for whoever may ask another', () => {
    const reader = exchange(openAi, {}, true).events(REDACTION);
    expect(reader.push(Buffer.from(events([{ error: { message: 'too many', code: 429 } }])))).toBeUndefined();
    expect(reader.trouble).toMatchObject({ kind: 'rate_limit' });
  });

  it('an error in the middle of a stream that travels as it is ends the response', () => {
    const bytes = Buffer.from(events([...CHAT.slice(0, 2), { error: { message: 'overloaded' } }]));
    expect(read(exchange(openAi, {}, true).events(REDACTION), bytes).at(-1)).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', error: { code: 'server_error', message: 'overloaded' } },
    });
  });
});
