import fc from 'fast-check';
import { Redaction } from '../../src/chat/forwarding/redaction.js';
import type { ModelCall } from '../../src/chat/model-call.js';
import { anthropic } from '../../src/chat/providers/anthropic/anthropic.dialect.js';
import type { AnswerReader } from '../../src/chat/providers/dialect.js';
import { requestBody } from '../../src/chat/providers/openai/request-body.js';
import { lastEdge } from '../../src/chat/providers/openai/event-edges.js';
import { openAi } from '../../src/chat/providers/openai/openai.dialect.js';
import { SseParser } from '../../src/chat/sse.js';
import { startGateway, type TestGateway } from '../helpers/gateway.js';
import { type AnthropicContent, anthropicEvents, StandInAnthropic } from '../helpers/stand-in-anthropic.js';
import { openAiEvents, StandInOpenAi } from '../helpers/stand-in-openai.js';
import { ask, CHAT, events, KEY, read } from './calling.js';

const RUNS = { numRuns: 300 };
const REDACTION = new Redaction(KEY);
const call = (stream: boolean, more: object = {}): ModelCall =>
  ({ endpoint: 'chat/completions', requestId: 'r', isStream: stream, body: { ...CHAT, stream, ...more } }) as never;
const WITH_USAGE = { stream_options: { include_usage: true } };

/** What a reader lets through when bytes come in these pieces; all of it before a break as well. */
function through(reader: AnswerReader, bytes: Buffer, cuts: readonly number[]): { out: Buffer; broke?: string } {
  const edges = [...new Set([0, ...cuts.map((cut) => cut % (bytes.byteLength + 1)), bytes.byteLength])];
  edges.sort((a, b) => a - b);
  const out: Buffer[] = [];
  const take = (part: Buffer | string | undefined): unknown => part !== undefined && out.push(Buffer.from(part));
  try {
    for (const [index, edge] of edges.slice(1).entries()) {
      take(reader.push(Buffer.from(bytes.subarray(edges[index], edge))));
      if (reader.trouble) return { out: Buffer.concat(out), broke: reader.trouble.message };
    }
    take(reader.end());
  } catch (error) {
    return { out: Buffer.concat(out), broke: (error as Error).message };
  }
  return { out: Buffer.concat(out), ...(reader.trouble && { broke: reader.trouble.message }) };
}

const cutting = fc.array(fc.nat(5000), { maxLength: 30 });
const words = fc.array(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((word) => word.trim() !== ''),
);
const text = words.map((all) => all.join(' '));

describe('a stream that passes through', () => {
  const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
  const line = fc.oneof(
    fc.constantFrom(
      '',
      'data:',
      'data: [DONE]',
      ': hello',
      'event: x',
      'id: 7',
      'data: {"usage":null}',
      'data: {"choices":[]}',
    ),
    fc
      .string({ unit: 'grapheme' })
      .map((said) => `data: ${JSON.stringify({ choices: [{ delta: { content: said } }] })}`),
  );
  const stream = fc.array(fc.tuple(line, lineEnd)).map((lines) => lines.flat().join(''));

  /** Whether what stands behind the last whole event is part of another one. */
  const isHalf = (bytes: Buffer): boolean => {
    const rest = bytes.subarray(lastEdge(bytes)).toString();
    const event = new SseParser().push(Buffer.from(`${rest}\n\n`))[0];
    if (!event) return rest.split(/[\r\n]/).some((said) => said !== '' && !said.startsWith(':'));
    return event.data !== '[DONE]' && !isJson(event.data);
  };
  const isJson = (data: string): boolean => {
    try {
      return JSON.parse(data) !== undefined;
    } catch {
      return false;
    }
  };

  it('is the same bytes, wherever they are cut, or all whole events of them and one clean error', () => {
    const anything = fc.oneof(
      stream.map((said) => Buffer.from(said)),
      fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(anything, cutting, fc.boolean(), (bytes, cuts, counted) => {
        const reader = openAi
          .exchange(call(true, counted ? WITH_USAGE : {}), { model: 'm', created: 1 })!
          .events(REDACTION);
        const { out, broke } = through(reader, bytes, cuts);
        const whole = { out: bytes.subarray(0, lastEdge(bytes)), broke: 'ended in the middle of an event' };
        expect({ out, broke }).toEqual(isHalf(bytes) ? whole : { out: bytes });
      }),
      RUNS,
    );
  });

  it('lacks the event that the gateway asked for and nothing else, and its counters are read', () => {
    fc.assert(
      fc.property(text, cutting, fc.nat(1000), (said, cuts, completion) => {
        const whole = openAiEvents(said, 'm', { usage: { completion } });
        const kept = whole
          .split('\n\n')
          .filter((event) => !event.includes('"choices":[]'))
          .join('\n\n');
        const reader = openAi.exchange(call(true), { model: 'm', created: 1 })!.events(REDACTION);
        expect(through(reader, Buffer.from(whole), cuts).out.toString()).toBe(kept);
        expect(reader.tokens).toMatchObject({ output: completion });
      }),
      RUNS,
    );
  });

  it('never shows the key', () => {
    fc.assert(
      fc.property(text, text, cutting, (before, after, cuts) => {
        const whole = openAiEvents(`${before}${KEY}${after}`.replaceAll(' ', '_'), 'm');
        const reader = openAi.exchange(call(true), { model: 'm', created: 1 })!.events(REDACTION);
        expect(through(reader, Buffer.from(whole), cuts).out.toString()).toBe(whole.replaceAll(KEY, '***'));
      }),
      RUNS,
    );
  });
});

describe('a stream that is translated', () => {
  const block: fc.Arbitrary<AnthropicContent> = fc.oneof(
    fc.record({ type: fc.constant('text' as const), text: text.filter((said) => said !== '') }),
    fc.record({
      type: fc.constant('tool_use' as const),
      id: fc.string(),
      name: fc.string(),
      input: fc.dictionary(fc.string(), fc.jsonValue()),
    }),
    fc.record({ type: fc.constant('thinking' as const), thinking: text, signature: fc.string() }),
  );
  const target = { model: 'claude', created: 1 };
  const chunksOf = (bytes: Buffer): ReturnType<typeof events> => events(bytes.toString());

  it('means the same wherever it is cut', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 4 }), cutting, (blocks, cuts) => {
        const bytes = Buffer.from(anthropicEvents(blocks, 'claude'));
        const { out, broke } = through(anthropic.exchange(call(true), target)!.events(REDACTION), bytes, cuts);
        expect(broke).toBeUndefined();
        const all = chunksOf(out);
        expect(all.at(-1)).toBe('[DONE]');
        const deltas = all.slice(0, -1).map(({ choices }) => choices[0].delta);
        const told = blocks
          .map((one) => (one.type === 'text' ? (one.text.match(/\s*\S+/g) ?? []).join('') : ''))
          .join('');
        expect(deltas.map(({ content }) => content ?? '').join('')).toBe(told);
        const calls = deltas.flatMap(({ tool_calls: made }) => made ?? []);
        const inputs = blocks.flatMap((one) => (one.type === 'tool_use' ? [one.input] : []));
        const read = inputs.map((_, index) =>
          calls
            .filter((one: { index: number }) => one.index === index)
            .map((one: { function: { arguments: string } }) => one.function.arguments)
            .join(''),
        );
        expect(read.map((args) => JSON.parse(args) as unknown)).toEqual(JSON.parse(JSON.stringify(inputs)));
      }),
      RUNS,
    );
  });

  it('that breaks off anywhere is what came before, and no end that was none', () => {
    const bytes = Buffer.from(anthropicEvents('eins zwei drei vier', 'claude'));
    const whole = through(anthropic.exchange(call(true), target)!.events(REDACTION), bytes, []).out.toString();
    fc.assert(
      fc.property(fc.nat(bytes.byteLength - 1), cutting, (length, cuts) => {
        const part = bytes.subarray(0, length);
        const { out, broke } = through(
          anthropic.exchange(call(true), target)!.events(REDACTION),
          Buffer.from(part),
          cuts,
        );
        expect(whole.startsWith(out.toString())).toBe(true);
        expect(broke).toBe('ended before the answer did');
      }),
      RUNS,
    );
  });

  it('of whatever else is chunks that can be read, and one error', () => {
    const nonsense = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc
        .array(fc.jsonValue())
        .map((values) => Buffer.from(values.map((value) => `data: ${JSON.stringify(value)}\n\n`).join(''))),
      fc
        .array(
          fc.record(
            {
              type: fc.constantFrom(
                'message_start',
                'content_block_start',
                'content_block_delta',
                'message_delta',
                'error',
              ),
              index: fc.jsonValue(),
              delta: fc.jsonValue(),
              message: fc.jsonValue(),
              content_block: fc.jsonValue(),
              error: fc.jsonValue(),
            },
            { requiredKeys: ['type'] },
          ),
        )
        .map((all) => Buffer.from(all.map((value) => `data: ${JSON.stringify(value)}\n\n`).join(''))),
    );
    fc.assert(
      fc.property(nonsense, cutting, (bytes, cuts) => {
        const { out, broke } = through(anthropic.exchange(call(true), target)!.events(REDACTION), bytes, cuts);
        expect(broke).toBeDefined();
        expect(() => chunksOf(out)).not.toThrow();
      }),
      RUNS,
    );
  });
});

describe('a request that passes through', () => {
  const body = fc
    .dictionary(fc.string(), fc.jsonValue())
    .map((rest) => JSON.parse(JSON.stringify(rest)) as Record<string, unknown>);
  const space = fc.constantFrom(undefined, 1, '\t', ' \n ');

  it('says the same but for the model, written as the caller wrote it', () => {
    fc.assert(
      fc.property(body, space, fc.string(), fc.string(), (rest, indent, asked, model) => {
        const given = { ...rest, model: asked };
        const raw = Buffer.from(JSON.stringify(given, null, indent));
        expect(requestBody({ body: given, raw }, model, false).toString()).toBe(
          JSON.stringify({ ...given, model }, null, indent),
        );
      }),
      RUNS,
    );
  });

  it('wants to be told the usage, and says all else as before', () => {
    const options = fc.oneof(
      fc.constant({}),
      fc.record({ stream_options: fc.oneof(fc.constant(null), fc.dictionary(fc.string(), fc.jsonValue())) }),
    );
    fc.assert(
      fc.property(body, options, space, fc.boolean(), (rest, more, indent, isAsItCame) => {
        const given = JSON.parse(JSON.stringify({ ...rest, model: 'asked', ...more })) as Record<string, unknown>;
        const raw = Buffer.from(JSON.stringify(given, null, indent));
        const wanted = requestBody({ body: given, ...(isAsItCame && { raw }) }, 'm', true).toString();
        const kept = (given.stream_options ?? {}) as object;
        expect(JSON.parse(wanted)).toEqual({
          ...given,
          model: 'm',
          stream_options: { ...kept, include_usage: true },
        });
      }),
      RUNS,
    );
  });
});

describe('over real sockets', () => {
  let one: StandInOpenAi;
  let two: StandInAnthropic;
  let gateway: TestGateway;
  beforeAll(async () => {
    one = await StandInOpenAi.start();
    two = await StandInAnthropic.start();
    const providers = {
      one: { type: 'openai', baseUrl: one.baseUrl, apiKey: KEY },
      two: { type: 'anthropic', baseUrl: two.baseUrl, apiKey: KEY },
    };
    gateway = await startGateway({ config: { models: { providers } } });
  });
  afterAll(async () => {
    await gateway?.close();
    await one?.close();
    await two?.close();
  });

  const failed = (code: string): string => `data: ${JSON.stringify({ error: { code } })}`;
  const body = { ...CHAT, stream: true, stream_options: { include_usage: true } };

  it('a stream that breaks off anywhere is whole events, then one error', async () => {
    const whole = openAiEvents('eins zwei drei', 'm', { usage: true });
    const size = Buffer.byteLength(whole);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: size - 1 }), cutting, async (breakAfter, cuts) => {
        one.once({ body: whole, cuts, breakAfter }, { body: whole, breakAfter });
        // Before the first whole event nothing has gone out, and the call fails as any other.
        const said = await ask(gateway, { body }).then(read, ({ code }: { code: string }) => failed(code));
        const last = said.lastIndexOf('data: ');
        expect(whole.startsWith(said.slice(0, last))).toBe(true);
        expect(JSON.parse(said.slice(last + 6))).toMatchObject({ error: { code: 'upstream_error' } });
      }),
      { numRuns: 60 },
    );
  });

  it('a translated stream says the same in whatever pieces it travels', async () => {
    const whole = anthropicEvents('Grüße vom Modell 🦞', 'claude');
    two.once({ body: whole });
    const expected = await read(await ask(gateway, { models: ['two/claude'], body }));
    await fc.assert(
      fc.asyncProperty(cutting, async (cuts) => {
        two.once({ body: whole, cuts });
        expect(await read(await ask(gateway, { models: ['two/claude'], body }))).toBe(expected);
      }),
      { numRuns: 40 },
    );
  });
});
