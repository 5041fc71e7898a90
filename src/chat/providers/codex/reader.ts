import type { Redaction } from '../../forwarding/redaction.js';
import type { Tokens } from '../../forwarding/tokens.js';
import type { Trouble } from '../../forwarding/trouble.js';
import { BrokenStream, sseFrame, SseParser } from '../../sse.js';
import type { AnswerReader } from '../dialect.js';
import type { ChatChunks } from './chat-chunks.js';
import { isLast, tokensOf, troubleIn } from './outcome.js';
import type { BackendEvent } from './wire.js';

const DONE = sseFrame('[DONE]');

/** A stream of the backend: as it is, or as the chunks of a chat. */
export class CodexReader implements AnswerReader {
  trouble: Trouble | undefined;
  tokens: Tokens | undefined;
  pieces = 0;
  private readonly parser = new SseParser();
  private isOver = false;

  constructor(
    private readonly redaction: Redaction,
    /** Undefined for a caller who speaks the Responses API as well. */
    private readonly chat?: ChatChunks,
  ) {}

  push(piece: Buffer): Buffer | undefined {
    return this.told(this.parser.push(piece));
  }

  /** Throws BrokenStream when the answer has no end. */
  end(): Buffer | undefined {
    const rest = this.told(this.parser.end());
    if (!this.isOver && !this.trouble) throw new BrokenStream('ended before the answer did');
    return rest;
  }

  private told(events: readonly { readonly data: string }[]): Buffer | undefined {
    let frames = '';
    for (const { data } of events) {
      if (this.isOver || this.trouble || data === '[DONE]') continue;
      frames += this.next(JSON.parse(data) as BackendEvent, data);
    }
    return frames === '' ? undefined : this.redaction.bytes(Buffer.from(frames, 'utf8'));
  }

  private next(event: BackendEvent, data: string): string {
    this.trouble = troubleIn(event, this.redaction);
    if (this.trouble) return '';
    this.isOver = isLast(event);
    if (this.isOver) this.tokens = tokensOf(event.response ?? {});
    if (event.delta) this.pieces += 1;
    if (!this.chat) return sseFrame(data, typeOf(event));
    const frames = this.chat.push(event).map((chunk) => sseFrame(JSON.stringify(chunk)));
    return frames.join('') + (this.isOver ? DONE : '');
  }
}

/** The type of an event, which is also its name. Throws BrokenStream for one that no event can be called by. */
function typeOf({ type }: { readonly type: unknown }): string {
  if (typeof type !== 'string' || /[\r\n]/.test(type)) throw new BrokenStream('sends what nobody can read');
  return type;
}
