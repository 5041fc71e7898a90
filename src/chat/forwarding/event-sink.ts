import { BrokenStream, sseFrame } from '../sse.js';
import type { AnswerReader } from '../providers/dialect.js';
import { AnswerStream } from './answer-stream.js';
import type { Ended, Sink } from './delivery.js';
import { answerHeaders } from './headers.js';
import type { Line } from './line.js';
import { type Trouble, unusable } from './trouble.js';
import { upstreamFailure } from './upstream-errors.js';

/**
 * Hands a streamed answer on as it comes. Until the first of it goes out, whatever is wrong is an answer like any other,
 * and somebody else may be asked; after that it is a last event that says so.
 */
export class EventSink implements Sink {
  private readonly reader: AnswerReader;
  private body: AnswerStream | undefined;
  private close: ((ended: Ended) => void) | undefined;
  /** One read of the connection may hold many small events: they go on together, for each write costs as much as many. */
  private arrived: Buffer[] = [];

  constructor(
    private readonly line: Line,
    private readonly status: number,
    private readonly headers: Readonly<Record<string, string | string[] | undefined>>,
  ) {
    this.reader = line.ground.exchange.events(line.ground.redaction);
  }

  data(piece: Buffer): void {
    if (this.arrived.push(piece) === 1) process.nextTick(this.passOn);
  }

  end(): void {
    if (!this.take(true)) return;
    if (!this.body) return this.fail(unusable('answers with nothing'));
    this.over('ok');
    this.body.push(null);
  }

  fail(trouble: Trouble): void {
    if (!this.passOn()) return;
    if (!this.body) return this.line.settle(trouble);
    this.over('broken_off', trouble);
    this.body.push(this.lastEvent(trouble));
    this.body.push(null);
  }

  abandon(): void {
    this.arrived = [];
    this.over('aborted');
    this.body?.destroy();
  }

  private readonly passOn = (): boolean => this.arrived.length === 0 || this.take();

  /** Hands on what goes on of what came in this turn, and of the end. False when nothing more will. */
  private take(isEnd = false): boolean {
    const { arrived, reader } = this;
    this.arrived = [];
    const out: (Buffer | string | undefined)[] = [];
    let broken: Trouble | undefined;
    try {
      if (arrived.length > 0) out.push(reader.push(arrived.length === 1 ? arrived[0]! : Buffer.concat(arrived)));
      if (isEnd && !reader.trouble) out.push(reader.end());
    } catch (error) {
      broken = unusable(error instanceof BrokenStream ? error.message : 'sends what nobody can read');
    }
    const trouble = broken ?? reader.trouble;
    const going = out.filter((one) => one !== undefined);
    for (const [index, one] of going.entries()) this.emit(one, isEnd && !trouble && index === going.length - 1);
    return trouble ? this.breakOff(trouble) : true;
  }

  private breakOff(trouble: Trouble): false {
    this.fail(trouble);
    this.line.hangUp();
    return false;
  }

  private emit(out: Buffer | string, isLast: boolean): void {
    const body = this.body ?? this.open();
    body.isLast = isLast;
    if (!body.push(out)) this.line.pause();
  }

  private open(): AnswerStream {
    const { line, status } = this;
    this.body = new AnswerStream({ resume: () => line.resume(), abandon: () => this.leave() });
    const ended = new Promise<Ended>((resolve) => (this.close = resolve));
    const headers = answerHeaders(this.headers, 'text/event-stream; charset=utf-8', line.ground.redaction);
    line.settle({ status, headers, body: this.body, ended });
    return this.body;
  }

  private leave(): void {
    this.over('aborted');
    this.line.hangUp();
  }

  private over(how: Ended['how'], trouble?: Trouble): void {
    const { tokens, pieces } = this.reader;
    const { estimatedInput: input } = this.line.ground;
    const estimate = { input, output: pieces, cachedInput: 0, isGuess: true } as const;
    this.close?.({ how, tokens: tokens ?? (pieces > 0 ? estimate : undefined), ...(trouble && { trouble }) });
    this.close = undefined;
  }

  private lastEvent(trouble: Trouble): string {
    const { message, code, param = null, shouldRetry } = upstreamFailure(this.line.ground.provider, trouble, []);
    const error = { message, type: 'upstream_error', param, code, should_retry: shouldRetry };
    if (this.line.ground.endpoint !== 'responses') return sseFrame(JSON.stringify({ error }));
    return sseFrame(JSON.stringify({ type: 'error', code, message, param, error }), 'error');
  }
}
