import type { Redaction } from '../forwarding/redaction.js';
import type { Tokens } from '../forwarding/tokens.js';
import type { Trouble } from '../forwarding/trouble.js';
import type { AnswerReader, Exchange } from '../providers/dialect.js';
import { BrokenStream, sseFrame, SseParser } from '../sse.js';
import type { ResponseHead } from './response.js';
import { type Chunk, ResponseStream } from './stream.js';

const DONE = '[DONE]';

/** A stream of chunks of the chat API, which another reader makes of what the provider sends, as one of a response. */
export class ResponsesReader implements AnswerReader {
  private readonly chat: AnswerReader;
  private readonly parser = new SseParser();
  private readonly stream: ResponseStream;

  constructor(exchange: Exchange, redaction: Redaction, head: ResponseHead) {
    this.chat = exchange.events(redaction);
    this.stream = new ResponseStream(head);
  }

  get trouble(): Trouble | undefined {
    return this.chat.trouble;
  }

  get tokens(): Tokens | undefined {
    return this.chat.tokens;
  }

  get pieces(): number {
    return this.chat.pieces;
  }

  push(piece: Buffer): string | undefined {
    return this.translated(this.chat.push(piece));
  }

  /** Throws BrokenStream when the answer has no end. */
  end(): string | undefined {
    const rest = this.translated(this.chat.end());
    if (this.stream.isOver || this.trouble) return rest;
    if (!this.stream.isComplete) throw new BrokenStream('ended before the answer did');
    return (rest ?? '') + this.frames(DONE);
  }

  private translated(bytes: Buffer | string | undefined): string | undefined {
    if (bytes === undefined) return undefined;
    let frames = '';
    for (const { data } of this.parser.push(Buffer.from(bytes))) frames += this.frames(data);
    return frames === '' ? undefined : frames;
  }

  private frames(data: string): string {
    const events = data === DONE ? this.stream.end() : this.stream.push(JSON.parse(data) as Chunk);
    return events.map((event) => sseFrame(JSON.stringify(event), event.type)).join('');
  }
}
