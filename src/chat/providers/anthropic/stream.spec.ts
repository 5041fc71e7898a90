import fc from 'fast-check';
import { BrokenStream, SseParser } from '../../sse.js';
import { AnthropicStream } from './stream.js';
import type { AnthropicEvent } from './wire.js';

const HEAD = { id: 'chatcmpl-1', created: 1_767_960_000, model: 'anthropic/opus' };

interface Told {
  readonly content: string;
  readonly reasoning: string;
  readonly calls: { id: string; name: string; arguments: string }[];
  readonly thinking: unknown[];
  readonly finish: string[];
  readonly usage: unknown;
  readonly stream: AnthropicStream;
}

interface Delta {
  content?: string;
  reasoning_content?: string;
  thinking_blocks?: unknown[];
  tool_calls?: { index: number; id?: string; function: { name?: string; arguments: string } }[];
}

/** What a client of OpenAI's API understands of a stream that comes in these pieces. */
function told(bytes: Uint8Array, cuts: readonly number[]): Told {
  const parser = new SseParser();
  const stream = new AnthropicStream(HEAD, true);
  const edges = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length), bytes.length])].sort((a, b) => a - b);
  const events = edges.slice(1).flatMap((edge, index) => parser.push(bytes.subarray(edges[index], edge)));
  const chunks = [...events, ...parser.end()].flatMap(({ data }) => stream.push(JSON.parse(data) as AnthropicEvent));
  const result = {
    content: '',
    reasoning: '',
    calls: [] as Told['calls'],
    thinking: [] as unknown[],
    finish: [] as string[],
  };
  let usage: unknown;
  for (const chunk of chunks) {
    usage = chunk.usage ?? usage;
    for (const { delta, finish_reason: finish } of chunk.choices as { delta: Delta; finish_reason: string | null }[]) {
      result.content += delta.content ?? '';
      result.reasoning += delta.reasoning_content ?? '';
      result.thinking.push(...(delta.thinking_blocks ?? []));
      for (const call of delta.tool_calls ?? []) {
        result.calls[call.index] ??= { id: call.id!, name: call.function.name!, arguments: '' };
        result.calls[call.index]!.arguments += call.function.arguments;
      }
      if (finish !== null) result.finish.push(finish);
    }
  }
  return { ...result, usage, stream };
}

const wire = (events: readonly object[]): Buffer =>
  Buffer.from(
    events.map((event) => `event: ${(event as { type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`).join(''),
  );

const START = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    content: [],
    model: 'opus',
    stop_reason: null,
    usage: { input_tokens: 25, cache_read_input_tokens: 5, output_tokens: 1 },
  },
};
const end = (stop_reason: string, output_tokens: number): object[] => [
  { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens } },
  { type: 'message_stop' },
];
const block = (index: number, content_block: object, deltas: readonly object[]): object[] => [
  { type: 'content_block_start', index, content_block },
  ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
  { type: 'content_block_stop', index },
];

const THOUGHT_THEN_TOOLS = wire([
  START,
  { type: 'ping' },
  ...block(0, { type: 'thinking', thinking: '', signature: '' }, [
    { type: 'thinking_delta', thinking: 'The user wants ' },
    { type: 'thinking_delta', thinking: 'Zürich 🦞.' },
    { type: 'signature_delta', signature: 'EqQBCg' },
  ]),
  ...block(1, { type: 'redacted_thinking', data: 'opaque' }, []),
  ...block(2, { type: 'text', text: '' }, [
    { type: 'text_delta', text: 'Let me ' },
    { type: 'text_delta', text: 'see… 🦞' },
  ]),
  ...block(3, { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} }, [
    { type: 'input_json_delta', partial_json: '' },
    { type: 'input_json_delta', partial_json: '{"city": "Zü' },
    { type: 'input_json_delta', partial_json: 'rich"}' },
  ]),
  ...block(4, { type: 'tool_use', id: 'toolu_2', name: 'time', input: {} }, []),
  ...end('tool_use', 89),
]);

describe('a streamed answer of the Messages API', () => {
  const whole = told(THOUGHT_THEN_TOOLS, []);

  it('means the same in chunks of the chat API', () => {
    expect(whole).toMatchObject({
      content: 'Let me see… 🦞',
      reasoning: 'The user wants Zürich 🦞.',
      calls: [
        { id: 'toolu_1', name: 'weather', arguments: '{"city": "Zürich"}' },
        { id: 'toolu_2', name: 'time', arguments: '{}' },
      ],
      thinking: [
        { type: 'thinking', thinking: 'The user wants Zürich 🦞.', signature: 'EqQBCg' },
        { type: 'redacted_thinking', data: 'opaque' },
      ],
      finish: ['tool_calls'],
      usage: {
        prompt_tokens: 30,
        completion_tokens: 89,
        total_tokens: 119,
        prompt_tokens_details: { cached_tokens: 5 },
      },
    });
    expect(whole.stream.state).toBe('done');
  });

  it('means the same when every byte comes alone', () => {
    expect(told(THOUGHT_THEN_TOOLS, [...THOUGHT_THEN_TOOLS.keys()])).toEqual(whole);
  });

  it('means the same in whatever pieces it comes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(THOUGHT_THEN_TOOLS.length)), (cuts) => {
        expect(told(THOUGHT_THEN_TOOLS, cuts)).toEqual(whole);
      }),
    );
  });

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'content_filter'],
    ['pause_turn', 'stop'],
    ['something_new', 'stop'],
    ['constructor', 'stop'],
  ])('%s is %s', (reason, finish) => {
    expect(told(wire([START, ...end(reason, 1)]), []).finish).toEqual([finish]);
  });

  it('an error in the middle ends it, and nothing follows', () => {
    const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    const text = block(0, { type: 'text', text: '' }, [{ type: 'text_delta', text: 'half' }]);
    const { content, finish, stream } = told(wire([START, ...text, overloaded, ...end('end_turn', 9)]), []);

    expect({ content, finish, state: stream.state, error: stream.error }).toEqual({
      content: 'half',
      finish: [],
      state: 'failed',
      error: { type: 'overloaded_error', message: 'Overloaded' },
    });
  });

  it('one that just stops is still open, so that whoever reads it can tell', () => {
    expect(told(wire([START]), []).stream.state).toBe('open');
  });

  it('kinds of events and blocks of a later version are passed over', () => {
    const news = [
      { type: 'content_block_start', index: 7, content_block: { type: 'hologram' } },
      { type: 'content_block_delta', index: 7, delta: { type: 'light_delta', light: 1 } },
      { type: 'content_block_stop', index: 7 },
      { type: 'fanfare' },
    ];

    expect(told(wire([START, ...news, ...end('end_turn', 1)]), [])).toMatchObject({ content: '', finish: ['stop'] });
  });

  // prettier-ignore
  it.each<[string, (at: number) => object]>([
    ['thoughts',   () => ({ type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'x'.repeat(65_536) } })],
    ['signatures', () => ({ type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'x'.repeat(65_536) } })],
    ['blocks',     (index) => ({ type: 'content_block_start', index, content_block: { type: 'text', text: '' } })],
  ])('%s without end break it off', (_, event) => {
    const stream = new AnthropicStream(HEAD, true);
    const thinking = { type: 'thinking', thinking: '', signature: '' } as const;
    stream.push({ type: 'content_block_start', index: 0, content_block: thinking });
    const listen = (): void => {
      for (let at = 0; at < 40_000; at += 1) stream.push(event(at) as AnthropicEvent);
    };
    expect(listen).toThrow(new BrokenStream('sends an answer without end'));
  });
});

it('S208: counters without end are not kept', () => {
  const stream = new AnthropicStream(HEAD, true);
  for (let turn = 0; turn < 1000; turn += 1) {
    const usage = { [`c${turn}`]: 1, output_tokens: turn };
    stream.push({ type: 'message_delta', delta: { stop_reason: null }, usage });
  }
  expect(stream.usage).toEqual({ output_tokens: 999 });
});
