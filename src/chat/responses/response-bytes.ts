import { Transform, type TransformCallback } from 'node:stream';
import { BrokenStream, SseParser, sseFrame } from '../sse.js';
import type { ResponseHead } from './response.js';
import { BROKE_OFF, type Chunk, ResponseStream } from './stream.js';
import type { ResponseEvent } from './wire.js';

const DONE = '[DONE]';

/** The bytes of a streamed chat in, those of a streamed response out. It always ends with a last event, and never fails. */
export class ResponseBytes extends Transform {
  private readonly parser = new SseParser();
  private readonly stream: ResponseStream;

  constructor(head: ResponseHead) {
    super();
    this.stream = new ResponseStream(head);
  }

  override _transform(piece: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const frames = this.framesOf(() => this.parser.push(piece));
    if (frames === '') done();
    else done(null, frames);
  }

  override _flush(done: TransformCallback): void {
    const rest = this.framesOf(() => this.parser.end());
    const last = this.stream.fail({ code: 'server_error', message: BROKE_OFF });
    done(null, rest + last.map(frameOf).join(''));
  }

  private framesOf(read: () => readonly { readonly data: string }[]): string {
    let frames = '';
    try {
      for (const { data } of read()) frames += this.eventsOf(data).map(frameOf).join('');
      return frames;
    } catch (error) {
      if (!(error instanceof BrokenStream) && !(error instanceof SyntaxError)) throw error;
      return frames + this.stream.fail({ code: 'server_error', message: BROKE_OFF }).map(frameOf).join('');
    }
  }

  private eventsOf(data: string): ResponseEvent[] {
    if (data === DONE) return this.stream.end();
    const chunk = JSON.parse(data) as Chunk | null;
    return typeof chunk === 'object' && chunk !== null ? this.stream.push(chunk) : [];
  }
}

const frameOf = (event: ResponseEvent): string => sseFrame(JSON.stringify(event), event.type);
