import fc from 'fast-check';
import { BrokenStream } from '../sse.js';
import { responseOf } from './answer.js';
import type { ResponseHead } from './response.js';
import { type Chunk, ResponseStream } from './stream.js';
import { openThoughts, sealThoughts } from './thoughts.js';
import type { OutputItem, ResponseEvent } from './wire.js';

const HEAD: ResponseHead = { id: 'resp_1', createdAt: 1_767_960_000, request: { model: 'opus', input: 'x' } };

const chunk = (delta: object, finish: string | null = null): Chunk => ({
  model: 'claude-opus',
  choices: [{ delta, finish_reason: finish }],
});

const USAGE: Chunk = { model: 'claude-opus', choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } };

function told(chunks: readonly Chunk[]): ResponseEvent[] {
  const stream = new ResponseStream(HEAD);
  return [...chunks.flatMap((one) => stream.push(one)), ...stream.end()];
}

/** The types, and of pieces what is in them: `output_text.delta Hel`. */
const brief = (events: readonly ResponseEvent[]): string[] =>
  events.map(({ type, output_index: at, delta }) =>
    [type.replace(/^response\./, ''), ...(at === undefined ? [] : [at]), ...(delta === undefined ? [] : [delta])].join(
      ' ',
    ),
  );

describe('the events of a streamed answer', () => {
  it('text', () => {
    const events = told([
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'Hel' }),
      chunk({ content: 'lo' }),
      chunk({}, 'stop'),
      USAGE,
    ]);
    expect(brief(events)).toEqual([
      'created',
      'in_progress',
      'output_item.added 0',
      'content_part.added 0',
      'output_text.delta 0 Hel',
      'output_text.delta 0 lo',
      'output_text.done 0',
      'content_part.done 0',
      'output_item.done 0',
      'completed',
    ]);
    const part = { type: 'output_text', text: 'Hello', annotations: [], logprobs: [] };
    const item = { id: 'msg_1_0', type: 'message', role: 'assistant', status: 'completed', content: [part] };
    const place = { item_id: 'msg_1_0', output_index: 0, content_index: 0 };
    expect(events.slice(2)).toEqual([
      {
        type: 'response.output_item.added',
        sequence_number: 2,
        output_index: 0,
        item: { ...item, status: 'in_progress', content: [] },
      },
      { type: 'response.content_part.added', sequence_number: 3, ...place, part: { ...part, text: '' } },
      { type: 'response.output_text.delta', sequence_number: 4, ...place, delta: 'Hel', logprobs: [] },
      { type: 'response.output_text.delta', sequence_number: 5, ...place, delta: 'lo', logprobs: [] },
      { type: 'response.output_text.done', sequence_number: 6, ...place, text: 'Hello', logprobs: [] },
      { type: 'response.content_part.done', sequence_number: 7, ...place, part },
      { type: 'response.output_item.done', sequence_number: 8, output_index: 0, item },
      {
        type: 'response.completed',
        sequence_number: 9,
        response: expect.objectContaining({
          id: 'resp_1',
          status: 'completed',
          model: 'claude-opus',
          output: [item],
          usage: expect.objectContaining({ input_tokens: 3, output_tokens: 2, total_tokens: 5 }),
        }),
      },
    ]);
    expect(events[0]).toMatchObject({ response: { status: 'in_progress', output: [], usage: null } });
  });

  it('calls, whose pieces come by turns', () => {
    const call = (index: number, more: object) => chunk({ tool_calls: [{ index, ...more }] });
    const events = told([
      chunk({ content: 'I look.' }),
      call(0, { id: 'a', type: 'function', function: { name: 'weather', arguments: '' } }),
      call(0, { function: { arguments: '{"city":' } }),
      call(1, { id: 'b', type: 'function', function: { name: 'time', arguments: '{' } }),
      call(0, { function: { arguments: '"Oslo"}' } }),
      call(1, { function: { arguments: '}' } }),
      chunk({}, 'tool_calls'),
    ]);
    expect(brief(events).slice(2)).toEqual([
      'output_item.added 0',
      'content_part.added 0',
      'output_text.delta 0 I look.',
      'output_text.done 0',
      'content_part.done 0',
      'output_item.done 0',
      'output_item.added 1',
      'function_call_arguments.delta 1 {"city":',
      'output_item.added 2',
      'function_call_arguments.delta 2 {',
      'function_call_arguments.delta 1 "Oslo"}',
      'function_call_arguments.delta 2 }',
      'function_call_arguments.done 1',
      'output_item.done 1',
      'function_call_arguments.done 2',
      'output_item.done 2',
      'completed',
    ]);
    expect(events.find(({ type }) => type === 'response.function_call_arguments.done')).toEqual({
      type: 'response.function_call_arguments.done',
      sequence_number: expect.any(Number),
      item_id: 'fc_1_1',
      output_index: 1,
      name: 'weather',
      arguments: '{"city":"Oslo"}',
    });
    expect(events.at(-1)).toMatchObject({
      response: { output: [{ type: 'message' }, { call_id: 'a', name: 'weather' }, { call_id: 'b', name: 'time' }] },
    });
  });

  it('calls that a provider numbers alike', () => {
    const call = (id: string) => ({ index: 0, id, function: { name: id, arguments: '{}' } });
    const events = told([chunk({ tool_calls: [call('a')] }), chunk({ tool_calls: [call('b')] }, 'stop')]);
    expect(events.at(-1)).toMatchObject({
      response: { output: [{ call_id: 'a', arguments: '{}' }, { call_id: 'b' }] },
    });
  });

  it('thoughts, with what the provider signed', () => {
    const blocks = [{ type: 'thinking', thinking: 'Hm.', signature: 's' }];
    const events = told([
      chunk({ reasoning_content: 'Hm.' }),
      chunk({ thinking_blocks: blocks }),
      chunk({ content: 'Yes.' }, 'stop'),
    ]);
    expect(brief(events).slice(2, 9)).toEqual([
      'output_item.added 0',
      'content_part.added 0',
      'reasoning_text.delta 0 Hm.',
      'reasoning_text.done 0',
      'content_part.done 0',
      'output_item.done 0',
      'output_item.added 1',
    ]);
    expect(events.find(({ type }) => type === 'response.output_item.done')).toMatchObject({
      item: {
        type: 'reasoning',
        content: [{ type: 'reasoning_text', text: 'Hm.' }],
        encrypted_content: sealThoughts(blocks),
      },
    });
  });

  it('a refusal', () => {
    const events = told([chunk({ refusal: 'No.' }, 'stop')]);
    expect(brief(events).slice(3, 6)).toEqual(['content_part.added 0', 'refusal.delta 0 No.', 'refusal.done 0']);
    expect(events[5]).toMatchObject({ refusal: 'No.' });
  });

  it.each([
    ['length', 'max_output_tokens'],
    ['content_filter', 'content_filter'],
  ])('an end for %s is incomplete', (finish, reason) => {
    const events = told([chunk({ content: 'Hel' }), chunk({}, finish)]);
    expect(events.at(-2)).toMatchObject({ type: 'response.output_item.done', item: { status: 'incomplete' } });
    expect(events.at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: { status: 'incomplete', incomplete_details: { reason }, output: [{ status: 'incomplete' }] },
    });
  });

  it('a provider that breaks off fails, once, with what there was', () => {
    const stream = new ResponseStream(HEAD);
    stream.push(chunk({ content: 'Hel' }));
    const failed = stream.push({ error: { code: 'upstream_rate_limited', message: 'too many' } });
    expect(failed).toEqual([
      {
        type: 'response.failed',
        sequence_number: 5,
        response: expect.objectContaining({
          status: 'failed',
          error: { code: 'rate_limit_exceeded', message: 'too many' },
          output: [expect.objectContaining({ status: 'incomplete' })],
        }),
      },
    ]);
    expect([...stream.push(chunk({ content: 'lo' })), ...stream.end()]).toEqual([]);
  });
});

const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
const step = fc.oneof(
  word.map((content) => ({ content })),
  word.map((refusal) => ({ refusal })),
  word.map((reasoning_content) => ({ reasoning_content })),
  fc.constant({ thinking_blocks: [{ type: 'redacted_thinking', data: 'x' }] }),
  fc.record({ at: fc.nat(3), piece: fc.string({ maxLength: 6 }) }).map(({ at, piece }) => ({
    tool_calls: [{ index: at, id: `call-${at}`, function: { name: `f${at}`, arguments: piece } }],
  })),
);
const answers = fc.record({
  deltas: fc.array(step, { maxLength: 20 }),
  finish: fc.constantFrom('stop', 'length', 'tool_calls', 'content_filter'),
});

describe('whatever is streamed', () => {
  const chunksOf = (deltas: readonly object[], finish: string) => [
    ...deltas.map((delta) => chunk(delta)),
    chunk({}, finish),
    USAGE,
  ];

  it('is told in the documented order: numbered, opened before it grows, whole when it is closed', () => {
    fc.assert(
      fc.property(answers, ({ deltas, finish }) => {
        const events = told(chunksOf(deltas, finish));
        expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
        expect(events.slice(0, 2).map(({ type }) => type)).toEqual(['response.created', 'response.in_progress']);
        expect(grown(events)).toEqual((events.at(-1)!.response as { output: OutputItem[] }).output);
      }),
    );
  });

  it('comes to what the whole answer would have been', () => {
    const ordered = fc.record({
      thoughts: fc.array(word, { maxLength: 3 }),
      texts: fc.array(word, { maxLength: 3 }),
      calls: fc.array(fc.array(fc.string({ maxLength: 5 }), { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(ordered, ({ thoughts, texts, calls }) => {
        const pieces = calls.flatMap((parts, index) =>
          parts.map((piece, at) => ({
            tool_calls: [{ index, ...(at === 0 && { id: `c${index}` }), function: { name: 'f', arguments: piece } }],
          })),
        );
        const deltas = [
          ...thoughts.map((reasoning_content) => ({ reasoning_content })),
          ...texts.map((content) => ({ content })),
          ...pieces,
        ];
        const message = {
          content: texts.join('') || null,
          reasoning_content: thoughts.join(''),
          tool_calls: calls.map((parts, index) => ({
            id: `c${index}`,
            function: { name: 'f', arguments: parts.join('') },
          })),
        };
        const usage = USAGE.usage;
        const whole = responseOf({ model: 'claude-opus', choices: [{ message, finish_reason: 'stop' }], usage }, HEAD);
        expect(told(chunksOf(deltas, 'stop')).at(-1)!.response).toEqual(whole);
      }),
    );
  });
});

/** What a client that follows the events holds in the end. Throws where one of them comes out of turn. */
function grown(events: readonly ResponseEvent[]): OutputItem[] {
  const items: (OutputItem & { grown: string; parts: number; done?: OutputItem })[] = [];
  const must = (holds: boolean, event: ResponseEvent): void => {
    if (!holds) throw new Error(`out of turn: ${JSON.stringify(event)}`);
  };
  for (const event of events) {
    const {
      type,
      output_index: at,
      item,
      delta,
      item_id: id,
      content_index: part,
    } = event as ResponseEvent & {
      output_index: number;
      item: OutputItem;
      delta?: string;
    };
    if (type === 'response.output_item.added') {
      must(at === items.length, event);
      items.push({ ...item, grown: '', parts: 0 });
      continue;
    }
    if (at === undefined) continue;
    const open = items[at]!;
    must(open.done === undefined && (id ?? item.id) === open.id && (part ?? open.parts) === open.parts, event);
    if (type === 'response.output_item.done') open.done = item;
    if (type === 'response.content_part.added') open.grown = '';
    if (delta !== undefined) open.grown += delta;
    const whole = event.text ?? event.refusal ?? event.arguments;
    must(!type.endsWith('.done') || whole === undefined || whole === open.grown, event);
    if (type === 'response.content_part.done') open.parts += 1;
  }
  return items.map(({ done }) => done!);
}

describe('an answer that none can be breaks off', () => {
  const MUCH = 'x'.repeat(64 * 1024);
  const call = (index: number, more: object = {}): object => ({ tool_calls: [{ index, id: `c${index}`, ...more }] });

  // prettier-ignore
  it.each<[string, (at: number) => object]>([
    ['text',              () => ({ content: MUCH })],
    ['a refusal',         () => ({ refusal: MUCH })],
    ['thoughts',          () => ({ reasoning_content: MUCH })],
    ['thoughts, renamed', () => ({ reasoning: MUCH })],
    ['signed thoughts',   () => ({ thinking_blocks: [{ type: 'thinking', thinking: MUCH }] })],
    ['arguments',         () => call(0, { function: { arguments: MUCH } })],
    ['names',             (at) => call(at, { function: { name: MUCH } })],
    ['calls',             (at) => call(at)],
    ['items',             (at) => (at % 2 ? { content: 'x' } : { reasoning: 'x' })],
    ['parts',             (at) => (at % 2 ? { content: 'x' } : { refusal: 'x' })],
  ])('%s without end', (_, delta) => {
    const stream = new ResponseStream(HEAD);
    const listen = (): void => {
      for (let at = 0; at < 40_000; at += 1) stream.push(chunk(delta(at)));
    };
    expect(listen).toThrow(new BrokenStream('sends an answer without end'));
  });

  // prettier-ignore
  it.each<[string, object]>([
    ['content',            { content: { length: -1e9 } }],
    ['refusal',            { refusal: ['x'] }],
    ['thoughts',           { reasoning_content: 1 }],
    ['the id of a call',   { tool_calls: [{ id: {} }] }],
    ['the name of a call', { tool_calls: [{ id: 'c', function: { name: 1 } }] }],
    ['arguments',          { tool_calls: [{ id: 'c', function: { arguments: { a: 1 } } }] }],
  ])('%s of another type', (_, delta) => {
    expect(() => told([chunk(delta)])).toThrow(new BrokenStream('sends what nobody can read'));
  });
});

it('thoughts come back as they were', () => {
  const blocks = [{ type: 'thinking', thinking: 'Grüße ✓', signature: 's' }];
  expect(openThoughts(sealThoughts(blocks))).toEqual(blocks);
});

it('S208: a chunk of as many pieces as one can hold breaks nothing', () => {
  const piece = { index: 0, function: { arguments: 'a' } };
  const calls = [{ index: 0, id: 'c', function: { name: 'f' } }, ...Array.from({ length: 150_000 }, () => piece)];
  const last = told([chunk({ tool_calls: calls }, 'tool_calls')]).at(-1)!;
  const { output } = last.response as { output: [{ arguments: string }] };
  expect(output[0].arguments).toHaveLength(150_000);
});
