import type { WholeAnswer } from '../providers/dialect.js';
import type { Sink } from './delivery.js';
import { errorText, paramOf, parsed } from './error-text.js';
import { answerHeaders } from './headers.js';
import type { Line } from './line.js';
import { retryAfterMs } from './retry-after.js';
import type { Tokens } from './tokens.js';
import { Trouble, unusable } from './trouble.js';

/** An error that needs more says nothing that anybody reads. In bytes. */
const LONGEST_ERROR = 256 * 1024;

/** With the JSON around it. */
const BYTES_OF_TOKEN = 6;

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\b/i;

const NO_STREAM = 'answers at once, and not as the stream that was asked for';

/** Collects an answer that comes at once, or the error in place of one. */
export class WholeSink implements Sink {
  private readonly parts: Buffer[] = [];
  private size = 0;

  constructor(
    private readonly line: Line,
    private readonly status: number,
    private readonly headers: Readonly<Record<string, string | string[] | undefined>>,
  ) {}

  private get isGood(): boolean {
    return this.status < 300;
  }

  data(piece: Buffer): void {
    this.size += piece.byteLength;
    if (this.size <= (this.isGood ? this.line.ground.limits.maxAnswerBytes : LONGEST_ERROR)) {
      this.parts.push(piece);
      return;
    }
    // What an error has said so far is enough.
    if (!this.isGood) this.end();
    else this.fail(unusable(`answers with more than ${this.line.ground.limits.maxAnswerBytes} bytes`));
    this.line.hangUp();
  }

  end(): void {
    const body = this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts);
    const answer = this.isGood ? this.read(body) : this.refusal(body);
    if (answer instanceof Trouble) return this.line.settle(answer);
    const headers = answerHeaders(this.headers, 'application/json', this.line.ground.redaction);
    const ended = Promise.resolve({ how: 'ok', tokens: answer.tokens ?? this.estimate(body) } as const);
    this.line.settle({ status: this.status, headers, body: answer.body, ended });
  }

  fail(trouble: Trouble): void {
    this.line.settle(trouble);
  }

  abandon(): void {
    this.parts.length = 0;
  }

  private read(body: Buffer): WholeAnswer | Trouble {
    const { redaction, exchange, isStream } = this.line.ground;
    if (!exchange.answersInEvents && !JSON_TYPE.test(String(this.headers['content-type'] ?? ''))) {
      return unusable('answers with something that is no JSON');
    }
    try {
      const answer = exchange.whole(body, redaction);
      // Whoever waits for events finds nothing in anything else.
      return isStream && !(answer instanceof Trouble) ? unusable(NO_STREAM) : answer;
    } catch {
      return unusable('sends what nobody can read'); // of another shape than its API promises
    }
  }

  /** For providers that do not count. */
  private estimate({ byteLength }: Buffer): Tokens {
    const { endpoint, estimatedInput: input } = this.line.ground;
    const output = endpoint === 'embeddings' ? 0 : Math.ceil(byteLength / BYTES_OF_TOKEN);
    return { input, output, cachedInput: 0, isGuess: true };
  }

  private refusal(body: Buffer): Trouble {
    const { status, headers, line } = this;
    if (status < 400) return unusable('answers with a redirect, which is not followed', status);
    const { redaction } = line.ground;
    const words = errorText(body, redaction);
    return new Trouble(status, words ?? `status ${status}, and no words about it`, {
      retryAfterMs: retryAfterMs(headers, line.ground.clock.now()),
      param: paramOf(parsed(body.toString('utf8')), redaction),
    });
  }
}
