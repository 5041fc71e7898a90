import { Readable } from 'node:stream';
import type { StreamedBody } from '../model-call.js';

/** What the two ends of a stream tell each other. */
export interface Flow {
  /** There is room again. */
  resume(): void;
  /** Nobody reads any more. */
  abandon(): void;
}

/**
 * The body of a streamed answer on its way to the caller: as fast as the caller reads, for then the provider is not read
 * from either. Never emits `error`: a provider that breaks off is a last event, an abort just closes.
 */
export class AnswerStream extends Readable implements StreamedBody {
  isLast = false;

  constructor(private readonly flow: Flow) {
    super();
  }

  override _read(): void {
    this.flow.resume();
  }

  override _destroy(_: Error | null, done: (error?: Error | null) => void): void {
    if (!this.readableEnded) this.flow.abandon();
    done(null);
  }
}
