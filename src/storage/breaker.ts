import { Unavailable } from '../kernel/errors.js';

/** How many answers in a row may be too slow before nobody waits for the next one. */
const SLOW_IN_A_ROW = 3;

/** A failure that is the database's and not the query's. `slow`: it answered too late, or not yet. */
export interface Outage {
  readonly reason: string;
  readonly slow: boolean;
}

/**
 * Answers at once for a database that is known to be out of order, instead of letting every caller find out.
 * It does not close by itself: whoever owns it tries the database in the background, one attempt at a time.
 */
export class Breaker {
  private open: string | undefined;
  private slow = 0;

  constructor(
    initial: string,
    private readonly onTrip: (reason: string) => void,
  ) {
    this.open = initial;
  }

  get fault(): string | undefined {
    return this.open;
  }

  /** Throws `Unavailable` while open. */
  check(): void {
    if (this.open !== undefined) throw new Unavailable(`database: ${this.open}`);
  }

  answered(): void {
    this.slow = 0;
  }

  failed({ reason, slow }: Outage): void {
    if (slow && ++this.slow < SLOW_IN_A_ROW) return;
    this.trip(reason);
  }

  trip(reason: string): void {
    const wasClosed = this.open === undefined;
    this.open = reason;
    if (wasClosed) this.onTrip(reason);
  }

  close(): void {
    this.open = undefined;
    this.slow = 0;
  }
}
