import { paramOf, parsed, tidy, wordsOf } from '../../forwarding/error-text.js';
import type { Redaction } from '../../forwarding/redaction.js';
import { openAiTokens, type Tokens } from '../../forwarding/tokens.js';
import { Trouble, unusable } from '../../forwarding/trouble.js';
import { type SseEvent, SseParser } from '../../sse.js';
import type { AnswerReader } from '../dialect.js';
import { EventEdges, firstEdge, lastEdge } from './event-edges.js';
import { usageAt } from './usage.js';

/** As the name of an event, a type, or the name of a member. */
const ERROR = 'error';
const ERROR_BYTES = Buffer.from(ERROR);
/** What most events begin with: the `d` of `data`. */
const DATA = 0x64;
const ONE_LINE = /^data: ?(.*)(?:\r\n\r\n|\n\n|\r\r)$/;

interface Chunk {
  readonly type?: unknown;
  readonly error?: unknown;
  readonly code?: unknown;
  readonly status?: unknown;
  readonly choices?: unknown;
  readonly usage?: unknown;
  readonly response?: { readonly usage?: unknown } | null;
}

/**
 * Lets a stream through byte for byte, whole events at a time, and looks at no more of it than what tells the usage.
 * Takes the one event out that only we have asked for (`takesUsage`).
 */
export class PassThroughReader implements AnswerReader {
  trouble: Trouble | undefined;
  tokens: Tokens | undefined;
  private readonly edges = new EventEdges();
  private isFirst = true;
  private size = 0;
  private firstSize = 0;

  constructor(
    private readonly redaction: Redaction,
    private readonly takesUsage: boolean,
  ) {}

  /** By their size, for all are alike but in their few words: counting them would cost more than passing them on. */
  get pieces(): number {
    return this.firstSize === 0 ? 0 : Math.round(this.size / this.firstSize);
  }

  push(piece: Buffer): Buffer | undefined {
    return this.pass(this.edges.push(piece));
  }

  /** An event that lacks nothing but the line that would close it goes on as it came: some servers end so. */
  end(): Buffer | undefined {
    const rest = this.edges.end();
    if (!rest || isComplete(rest)) return this.pass(rest);
    this.trouble = unusable('ended in the middle of an event');
    return undefined;
  }

  private pass(events: Buffer | undefined): Buffer | undefined {
    if (!events) return undefined;
    if (this.isFirst) {
      this.trouble = this.firstError(events);
      if (this.trouble) return undefined;
    }
    this.size += events.byteLength;
    const mention = usageAt(events);
    const told = mention === -1 ? events : this.count(events, mention);
    return told.byteLength === 0 ? undefined : this.redaction.bytes(told);
  }

  /** An error that comes first of all is an answer like any other error: another provider may be asked. */
  private firstError(events: Buffer): Trouble | undefined {
    const first = firstIn(events);
    if (!first) return undefined;
    this.isFirst = false;
    this.firstSize = first.byteLength;
    return first.includes(ERROR_BYTES) ? errorIn(first, this.redaction) : undefined;
  }

  /** Takes the event out that is ours; looks into those alone that may count something. */
  private count(events: Buffer, mention: number): Buffer {
    const kept: Buffer[] = [];
    let from = 0;
    for (let at = mention; at !== -1;) {
      const start = lastEdge(events.subarray(0, at));
      const end = firstEdge(events, at);
      if (this.isOurs(events.subarray(start, end))) {
        kept.push(events.subarray(from, start));
        from = end;
      }
      at = usageAt(events, end);
    }
    return from === 0 ? events : Buffer.concat([...kept, events.subarray(from)]);
  }

  /** Notes what an event counts; true for the one that the caller did not ask for. */
  private isOurs(event: Buffer): boolean {
    const chunk = chunkOf(event);
    const tokens = openAiTokens(chunk?.usage ?? chunk?.response?.usage);
    if (tokens) this.tokens = tokens;
    return this.takesUsage && tokens !== undefined && Array.isArray(chunk?.choices) && chunk.choices.length === 0;
  }
}

/** Whether an event that was never closed says all that it has to say, or nothing at all. */
function isComplete(rest: Buffer): boolean {
  const event = closed(rest);
  if (event) return event.data === '[DONE]' || parsed(event.data) !== undefined;
  const lines = rest.toString('utf8').split(/[\r\n]+/);
  return lines.every((line) => line === '' || line.startsWith(':'));
}

/** One event, as it reads with the empty line that may be missing behind it. */
const closed = (event: Buffer): SseEvent | undefined =>
  new SseParser().push(Buffer.concat([event, Buffer.from('\n\n')]))[0];

/** What an event says if it is an error: by its name, its type, or the one member of that name. */
function errorIn(bytes: Buffer, redaction: Redaction): Trouble | undefined {
  const event = closed(bytes);
  if (!event) return undefined;
  const said = parsed(event.data);
  const chunk = (typeof said === 'object' && said !== null ? said : {}) as Chunk;
  const isOne = event.event === ERROR || chunk.type === ERROR || isError(chunk.error);
  if (!isOne || chunk.choices !== undefined) return undefined;
  const { code, status } = { ...chunk, ...(chunk.error as object) };
  const number = [code, status].map(Number).find((one) => one >= 400 && one < 600);
  const words = wordsOf(chunk, redaction) ?? (said === undefined ? tidy(event.data, redaction) : '');
  return new Trouble(number ?? 500, words || 'breaks off with an error that says nothing', {
    param: paramOf(chunk, redaction),
  });
}

const isError = (said: unknown): boolean =>
  (typeof said === 'object' && said !== null) || (typeof said === 'string' && said !== '');

/** The first event that says something: comments do not. */
function firstIn(events: Buffer): Buffer | undefined {
  for (let from = 0; from < events.byteLength;) {
    const to = firstEdge(events, from);
    const event = events.subarray(from, to);
    if (event[0] === DATA || dataOf(event) !== undefined) return event;
    from = to;
  }
  return undefined;
}

/** Nearly all events are one line of data: those need no parser. */
const dataOf = (event: Buffer): string | undefined =>
  ONE_LINE.exec(event.toString('utf8'))?.[1] ?? new SseParser().push(event)[0]?.data;

const chunkOf = (event: Buffer): Chunk | undefined => parsed(dataOf(event) ?? '') as Chunk | undefined;
