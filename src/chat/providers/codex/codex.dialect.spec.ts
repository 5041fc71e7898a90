import fc from 'fast-check';
import { codexCallEvents, codexEvents } from '../../../../test/helpers/stand-in-codex.js';
import { Refused } from '../../../kernel/errors.js';
import { Redaction } from '../../forwarding/redaction.js';
import { Trouble } from '../../forwarding/trouble.js';
import type { ModelCall } from '../../model-call.js';
import { BrokenStream, sseFrame, SseParser } from '../../sse.js';
import type { AnswerReader, Exchange } from '../dialect.js';
import { codex } from './codex.dialect.js';

const REDACTION = new Redaction('token-of-the-house', {});
const TARGET = { model: 'gpt-codex', created: 1_767_960_000 };

function exchange(endpoint: string, body: object): Exchange {
  return codex.exchange({ endpoint, requestId: 'r-1', body, isStream: true } as unknown as ModelCall, TARGET)!;
}

const chat = (more: object = {}): Exchange =>
  exchange('chat/completions', { model: 'x', messages: [{ role: 'user', content: 'Hello' }], ...more });

const asked = ({ body }: Exchange): unknown => JSON.parse(body.toString());

const ALWAYS = { model: 'gpt-codex', include: ['reasoning.encrypted_content'], store: false, stream: true };
const HELLO = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] };

function problem(ask: () => unknown): unknown {
  try {
    ask();
  } catch (error) {
    if (error instanceof Refused) return error.detail.fields?.[0]?.path;
    throw error;
  }
  return 'none';
}

describe('a chat as the backend takes it', () => {
  it('is a response that is streamed and not stored, with instructions', () => {
    expect(asked(chat())).toEqual({ ...ALWAYS, instructions: 'You are a helpful assistant.', input: [HELLO] });
  });

  it('leaves out what the backend refuses and what changes no meaning', () => {
    const more = { max_tokens: 5, temperature: 0.1, top_p: 1, seed: 7, user: 'u', stream: true, stop: null, n: 1 };
    expect(asked(chat(more))).toEqual(asked(chat()));
  });

  it('holds the whole conversation', () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What?' },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          { type: 'file', file: { file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' } },
        ],
      },
      {
        role: 'assistant',
        content: 'I look.',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'a cat' },
    ];
    expect(asked(chat({ messages }))).toEqual({
      ...ALWAYS,
      instructions: 'Be brief.\n\nBe kind.',
      input: [
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'What?' },
            { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'auto' },
            { type: 'input_file', file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' },
          ],
        },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'I look.', annotations: [] }] },
        { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c1', output: 'a cat' },
      ],
    });
  });

  it('holds tools, effort and format', () => {
    const schema = { type: 'object', properties: {} };
    const more = {
      tools: [{ type: 'function', function: { name: 'look', description: 'Looks', parameters: schema } }],
      tool_choice: { type: 'function', function: { name: 'look' } },
      parallel_tool_calls: false,
      reasoning_effort: 'high',
      response_format: { type: 'json_schema', json_schema: { name: 'day', strict: true, schema } },
    };
    expect(asked(chat(more))).toMatchObject({
      tools: [{ type: 'function', name: 'look', description: 'Looks', parameters: schema, strict: false }],
      tool_choice: { type: 'function', name: 'look' },
      parallel_tool_calls: false,
      reasoning: { effort: 'high', summary: 'auto' },
      text: { format: { type: 'json_schema', name: 'day', strict: true, schema } },
    });
  });

  it.each([
    ['n', { n: 2 }],
    ['stop', { stop: ['a'] }],
    ['logprobs', { logprobs: true }],
    ['messages', { messages: [{ role: 'system', content: 'a' }] }],
    ['messages[0].role', { messages: [{ role: 'function' }] }],
    ['messages[0].content[0].image_url.url', { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }],
    ['messages[0].content[0].file.file_data', { messages: [{ role: 'user', content: [{ type: 'file' }] }] }],
    ['messages[0].tool_calls', { messages: [{ role: 'assistant', tool_calls: {} }] }],
    ['messages[0].tool_calls[0]', { messages: [{ role: 'assistant', tool_calls: [null] }] }],
    ['tools', { tools: 'a' }],
    ['tools[0]', { tools: [null] }],
    ['response_format.json_schema', { response_format: { type: 'json_schema', json_schema: 'a' } }],
    ['messages[0].content[0].type', { messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] }],
    ['tools[0].type', { tools: [{ type: 'custom' }] }],
    ['tool_choice', { tools: [{ type: 'function', function: { name: 'a' } }], tool_choice: 'any' }],
    ['response_format.type', { response_format: { type: 'grammar' } }],
  ])('names %s, which cannot be asked', (path, more) => {
    expect(problem(() => chat(more))).toBe(path);
  });
});

describe('a response as the backend takes it', () => {
  const response = (more: object): Exchange => exchange('responses', { model: 'x', input: 'Hello', ...more });

  it('is streamed and not stored, its input a list', () => {
    const more = { instructions: 'Be brief.', max_output_tokens: 5, metadata: {}, store: true, tools: [], text: null };
    expect(asked(response(more))).toEqual({ ...ALWAYS, instructions: 'Be brief.', input: [HELLO], tools: [] });
  });

  it('a system is a developer there', () => {
    const input = [
      { role: 'system', content: 'a' },
      { type: 'reasoning', encrypted_content: 'x' },
    ];
    expect(asked(response({ input }))).toMatchObject({ input: [{ role: 'developer', content: 'a' }, input[1]] });
  });

  it.each(['previous_response_id', 'conversation', 'prompt'])('names %s, which is not kept', (field) => {
    expect(problem(() => response({ [field]: 'x' }))).toBe(field);
  });

  it('there are no embeddings', () => {
    expect(codex.exchange({ endpoint: 'embeddings', body: {} } as unknown as ModelCall, TARGET)).toBeUndefined();
  });
});

function read(reader: AnswerReader, bytes: Buffer, cuts: readonly number[] = []): string[] {
  const edges = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length), bytes.length])].sort((a, b) => a - b);
  const out = edges.slice(1).map((edge, at) => (reader.push(bytes.subarray(edges[at], edge)) ?? '').toString());
  return new SseParser().push(Buffer.from([...out, reader.end() ?? ''].join(''))).map(({ data }) => data);
}

interface Told {
  content: string;
  reasoning: string;
  calls: { id?: string; name?: string; arguments: string }[];
  finish: string[];
  usage: unknown[];
}

/** What a client of the chat API understands. */
function told(data: readonly string[]): Told {
  const all: Told = { content: '', reasoning: '', calls: [], finish: [], usage: [] };
  expect(data.at(-1)).toBe('[DONE]');
  for (const text of data.slice(0, -1)) {
    const { choices, usage } = JSON.parse(text);
    if (usage) all.usage.push(usage);
    for (const { delta, finish_reason: finish } of choices) {
      all.content += delta.content ?? '';
      all.reasoning += delta.reasoning_content ?? '';
      for (const { index, id, function: f } of delta.tool_calls ?? []) {
        all.calls[index] ??= { id, name: f.name, arguments: '' };
        all.calls[index]!.arguments += f.arguments;
      }
      if (finish) all.finish.push(finish);
    }
  }
  return all;
}

const TEXT = Buffer.from(codexEvents('Grüße ✓'));
const CALL = Buffer.from(codexCallEvents('look', '{"a":"ü"}'));
const USED = { prompt_tokens: 9, completion_tokens: 12, total_tokens: 21, prompt_tokens_details: { cached_tokens: 4 } };

describe('what the backend streams, as a chat', () => {
  const streamed = (bytes: Buffer, more: object = { stream_options: { include_usage: true } }): Told =>
    told(read(chat(more).events(REDACTION), bytes));

  it('text, its end and what was used', () => {
    expect(streamed(TEXT)).toEqual({ content: 'Grüße ✓', reasoning: '', calls: [], finish: ['stop'], usage: [USED] });
  });

  it('no usage for whoever did not ask', () => {
    const reader = chat().events(REDACTION);
    expect(told(read(reader, TEXT)).usage).toEqual([]);
    expect(reader.tokens).toMatchObject({ input: 9, output: 12, cachedInput: 4 });
    expect(reader.pieces).toBe(7);
  });

  it('thoughts and calls', () => {
    expect(streamed(CALL)).toMatchObject({
      reasoning: 'Hm.',
      calls: [{ id: 'call_1', name: 'look', arguments: '{"a":"ü"}' }],
      finish: ['tool_calls'],
    });
  });

  it('a call whose arguments come at once', () => {
    const short = CALL.toString().replace(/event: response\.function_call_arguments[^]*?\n\n/g, '');
    expect(streamed(Buffer.from(short)).calls).toEqual([{ id: 'call_1', name: 'look', arguments: '{"a":"ü"}' }]);
  });

  it.each([
    ['max_output_tokens', 'length'],
    ['content_filter', 'content_filter'],
  ])('an end for %s', (reason, finish) => {
    const bytes = Buffer.from(codexEvents('a', 'response.incomplete', { incomplete_details: { reason } }));
    expect(streamed(bytes).finish).toEqual([finish]);
  });

  it.each([
    ['a text', TEXT],
    ['a call', CALL],
  ])('means the same however %s is cut, and as a whole', (_what, bytes) => {
    const whole = read(chat().events(REDACTION), bytes);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
        expect(read(chat().events(REDACTION), bytes, cuts)).toEqual(whole);
      }),
    );
    const { body, tokens } = chat().whole(bytes, REDACTION) as { body: Buffer; tokens: unknown };
    const [{ message, finish_reason: finish }] = JSON.parse(body.toString()).choices;
    const all = told(whole);
    expect(message.content ?? '').toBe(all.content);
    expect(message.reasoning_content ?? '').toBe(all.reasoning);
    expect((message.tool_calls ?? []).map((call: { function: object }) => call.function)).toEqual(
      all.calls.map(({ name, arguments: given }) => ({ name, arguments: given })),
    );
    expect([finish]).toEqual(all.finish);
    expect(tokens).toMatchObject({ input: 9, output: 12, cachedInput: 4 });
  });
});

describe('what the backend streams, as a response', () => {
  const response = (): Exchange => exchange('responses', { input: 'Hello' });

  it('is the same events', () => {
    const sent = new SseParser().push(TEXT).map(({ data }) => data);
    expect(read(response().events(REDACTION), TEXT)).toEqual(sent);
  });

  it('is the same events where their data are written on several lines', () => {
    const data = JSON.stringify({ type: 'response.output_text.delta', delta: 'Hello' }, null, 1);
    const reader = response().events(REDACTION);
    const out = reader.push(Buffer.from(`data: ${data.replaceAll('\n', '\r\ndata:')}\r\n\r\n`));
    const [event, ...more] = new SseParser().push(Buffer.from(out!));
    expect(event!.event).toBe('response.output_text.delta');
    expect(JSON.parse(event!.data)).toEqual(JSON.parse(data));
    expect(more).toEqual([]);
  });

  it.each([{}, { type: null }, { type: 'x\n\ndata: {"error":{}}' }, { type: 'x\rdata: y' }])(
    'is none with a type that cannot be told: %j',
    (event) => {
      const bytes = Buffer.from(sseFrame(JSON.stringify(event)));
      expect(() => response().events(REDACTION).push(bytes)).toThrow(BrokenStream);
    },
  );

  it('as a whole holds what the last event leaves out', () => {
    const { body } = response().whole(TEXT, REDACTION) as { body: Buffer };
    expect(JSON.parse(body.toString())).toMatchObject({
      object: 'response',
      status: 'completed',
      output: [{ type: 'message', content: [{ text: 'Grüße ✓' }] }],
    });
  });
});

describe('what goes wrong there', () => {
  const failed = (error: object): Buffer =>
    Buffer.from(`data: ${JSON.stringify({ type: 'response.failed', response: { status: 'failed', error } })}\n\n`);

  it.each([
    ['too much', failed({ code: 'rate_limit_exceeded', message: 'slow down' }), 'rate_limit'],
    ['too long', failed({ code: 'context_length_exceeded', message: 'too long' }), 'format'],
    ['an error without code', Buffer.from('data: {"type":"error","message":"server is overloaded"}\n\n'), 'overloaded'],
  ])('%s is trouble, streamed and whole', (_what, bytes, kind) => {
    const reader = chat().events(REDACTION);
    expect(reader.push(bytes)).toBeUndefined();
    expect(reader.trouble).toMatchObject({ kind });
    expect(chat().whole(bytes, REDACTION)).toMatchObject({ kind });
  });

  it('an error of an unknown code is one of the server', () => {
    const reader = chat().events(REDACTION);
    reader.push(failed({ code: 'constructor', message: 'x' }));
    expect(reader.trouble).toMatchObject({ status: 500 });
  });

  it.each([
    ['no end', TEXT.subarray(0, TEXT.length - 400), 'ended before the answer did'],
    ['no events', Buffer.from('<html>'), 'ended before the answer did'],
    ['no JSON', Buffer.from('data: {\n\n'), 'JSON'],
  ])('an answer with %s is broken', (_what, bytes, why) => {
    expect(() => read(chat().events(REDACTION), bytes)).toThrow(why);
    expect(chat().whole(bytes, REDACTION)).toBeInstanceOf(Trouble);
  });

  it('calls without end', () => {
    const reader = chat().events(REDACTION);
    const listen = (): void => {
      for (let at = 0; at < 40_000; at += 1) {
        const item = { type: 'function_call', call_id: `c${at}`, name: 'x' };
        reader.push(
          Buffer.from(sseFrame(JSON.stringify({ type: 'response.output_item.added', output_index: at, item }))),
        );
      }
    };
    expect(listen).toThrow(new BrokenStream('sends an answer without end'));
  });

  it('S184: its own token is taken out of what it says', () => {
    const { body } = chat().whole(Buffer.from(codexEvents('token-of-the-house')), REDACTION) as { body: Buffer };
    expect(body.toString()).not.toContain('token-of-the-house');
  });
});
