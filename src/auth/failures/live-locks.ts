/** The most locks that are kept: twenty million failures within one lockout earn as many. Then the oldest half goes. */
const CAPACITY = 1_000_000;

/**
 * The locked sources and when their locks end. Two generations: the older one is dropped whole when its last lock is
 * over, so a lock costs no timer and clearing up costs no walk. A source that merely fails never comes in here, and
 * so a flood of them cannot push a lock out.
 */
export class LiveLocks {
  private current = new Map<string, number>();
  private previous = new Map<string, number>();
  private currentEnds = 0;
  private previousEnds = 0;

  constructor(private readonly capacity = CAPACITY) {}

  get size(): number {
    return this.current.size + this.previous.size;
  }

  /** When the source's lock ends or has ended; 0 when it has none. */
  endOf(source: string): number {
    return this.current.get(source) ?? this.previous.get(source) ?? 0;
  }

  /** Locks the source until `end`, in milliseconds since the epoch. */
  set(source: string, end: number, now: number): void {
    if (this.previousEnds <= now || this.current.size * 2 >= this.capacity) this.turn();
    this.previous.delete(source);
    this.current.set(source, end);
    this.currentEnds = Math.max(this.currentEnds, end);
  }

  delete(source: string): void {
    this.current.delete(source);
    this.previous.delete(source);
  }

  /** The locks that have not ended at `now`, as source and end. */
  *live(now: number): IterableIterator<[source: string, end: number]> {
    for (const generation of [this.current, this.previous]) {
      for (const lock of generation) if (lock[1] > now) yield lock;
    }
  }

  private turn(): void {
    this.previous = this.current;
    this.previousEnds = this.currentEnds;
    this.current = new Map();
    this.currentEnds = 0;
  }
}
