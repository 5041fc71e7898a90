/**
 * Keeps a queue of queries from starving the event loop: the embedded database answers within microtasks, so without
 * this no socket and no timer is served while queries follow each other. One in each turn: with eight, whoever asked
 * for something else meanwhile waited ten times as long, and nothing was done sooner.
 */
export class Turn {
  private isTaken = false;

  /** Undefined for the first of a turn, then a promise of a turn of one's own. */
  take(): Promise<void> | undefined {
    if (this.isTaken) return new Promise((resolve) => setImmediate(() => resolve(this.take())));
    this.isTaken = true;
    setImmediate(() => (this.isTaken = false));
    return undefined;
  }
}
