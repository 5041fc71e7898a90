/** Queries answered in one turn of the event loop before everybody else has a go. */
const PER_TURN = 8;

/**
 * Keeps a queue of queries from starving the event loop: the embedded database answers within microtasks, so without
 * this no socket and no timer is served while queries follow each other.
 */
export class Turn {
  private taken = 0;

  /** Undefined for the first few of a turn, then a promise of the next turn. */
  take(): Promise<void> | undefined {
    if (this.taken++ === 0) setImmediate(() => (this.taken = 0));
    return this.taken <= PER_TURN ? undefined : new Promise((resolve) => setImmediate(resolve));
  }
}
