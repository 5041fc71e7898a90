import { BrokenStream, MAX_EVENT } from './sse.js';

/** What a block, a call or a part takes beside its text, in characters. */
const EACH = 256;

/**
 * Counts what is kept of one streamed answer until it is told as a whole, as one event: as much as such an event may
 * hold, several times what any model says. Memory stays bounded whatever a provider sends.
 */
export class Kept {
  private size = 0;

  /** A piece of text, to be kept. Throws BrokenStream for anything else, and when it is too much. */
  text(piece: unknown): string {
    if (typeof piece !== 'string') throw new BrokenStream('sends what nobody can read');
    this.add(piece.length);
    return piece;
  }

  /** One more of what the texts stand in; `value` is what else is kept of it. Throws BrokenStream when it is too much. */
  one(value?: unknown): void {
    this.add(EACH + (value === undefined ? 0 : JSON.stringify(value).length));
  }

  private add(size: number): void {
    this.size += size;
    if (this.size > MAX_EVENT) throw new BrokenStream('sends an answer without end');
  }
}
