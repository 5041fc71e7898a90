import type { Identity } from '../kernel/identity.js';

/** Whether an identity is one of those that have ended. */
export type Ended = (identity: Identity) => boolean;

/** How many are remembered; a decision rarely outlives one. */
const REMEMBERED = 1024;

/**
 * The last revocations, numbered. A caller who was judged before one of them and is registered after it would slip
 * through between the two; with the number noted before the judgement it is found out (S234).
 */
export class Revocations {
  private readonly last: Ended[] = [];
  private count = 0;

  /** The number of revocations so far: noted before a decision begins. */
  get epoch(): number {
    return this.count;
  }

  add(ended: Ended): void {
    this.last[this.count % REMEMBERED] = ended;
    this.count += 1;
  }

  /** Whether one since `epoch` concerns this identity. More of them than are remembered count as one that does. */
  since(epoch: number, identity: Identity): boolean {
    if (this.count - epoch > REMEMBERED) return true;
    for (let i = epoch; i < this.count; i += 1) {
      if (this.last[i % REMEMBERED]!(identity)) return true;
    }
    return false;
  }
}
