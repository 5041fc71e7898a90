import type { CompletionHead } from '../../completion.js';
import { tidy } from '../../forwarding/error-text.js';
import type { Redaction } from '../../forwarding/redaction.js';
import type { Tokens } from '../../forwarding/tokens.js';
import { Trouble } from '../../forwarding/trouble.js';
import { BrokenStream, type SseEvent, sseFrame, SseParser } from '../../sse.js';
import type { AnswerReader } from '../dialect.js';
import { AnthropicStream } from './stream.js';
import { anthropicTokens } from './tokens.js';
import type { AnthropicEvent } from './wire.js';

const DONE = sseFrame('[DONE]');

/** The status that an error of each type has where it comes at once (docs: API errors). */
// prettier-ignore
const STATUSES: ReadonlyMap<string, number> = new Map(Object.entries({
  invalid_request_error: 400,
  authentication_error:  401,
  billing_error:         402,
  permission_error:      403,
  not_found_error:       404,
  request_too_large:     413,
  rate_limit_error:      429,
  api_error:             500,
  timeout_error:         504,
  overloaded_error:      529,
}));

/** A stream of the Messages API as chunks of the chat API. */
export class AnthropicReader implements AnswerReader {
  trouble: Trouble | undefined;
  pieces = 0;
  private readonly parser = new SseParser();
  private readonly stream: AnthropicStream;
  private hasBegun = false;

  constructor(
    head: CompletionHead,
    includeUsage: boolean,
    private readonly redaction: Redaction,
  ) {
    this.stream = new AnthropicStream(head, includeUsage);
  }

  get tokens(): Tokens | undefined {
    return this.hasBegun ? anthropicTokens(this.stream.usage) : undefined;
  }

  push(piece: Buffer): Buffer | undefined {
    return this.translated(this.parser.push(piece));
  }

  /** Throws BrokenStream when the provider has not said that it is done. */
  end(): Buffer | undefined {
    const rest = this.translated(this.parser.end());
    if (this.stream.state === 'open') throw new BrokenStream('ended before the answer did');
    return rest;
  }

  private translated(events: readonly SseEvent[]): Buffer | undefined {
    let frames = '';
    for (const { data } of events) {
      if (this.stream.state !== 'open') break;
      frames += this.next(JSON.parse(data) as AnthropicEvent);
    }
    return frames === '' ? undefined : this.redaction.bytes(Buffer.from(frames, 'utf8'));
  }

  private next(event: AnthropicEvent): string {
    this.hasBegun ||= event.type === 'message_start';
    const chunks = this.stream.push(event);
    this.pieces += chunks.length;
    const { state, error } = this.stream;
    if (state === 'failed' && error) {
      const words = `${tidy(error.message, this.redaction)} (${tidy(error.type, this.redaction)})`;
      this.trouble = new Trouble(STATUSES.get(error.type) ?? 500, words);
    }
    const frames = chunks.map((chunk) => sseFrame(JSON.stringify(chunk))).join('');
    return state === 'done' ? frames + DONE : frames;
  }
}
