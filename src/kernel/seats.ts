/**
 * What comes and goes with requests and connections: each has a number for as long as it is here, and the numbers go
 * into sets and maps in its place. These must not name such things themselves. When a `Set` outgrows its table, the old
 * table goes on naming all that it held; once that table is old, young collections take it for alive, and move
 * everything behind those names to the old generation as well. That was a seventh of what a call to a model cost.
 */
export class Seats<V extends object> {
  private readonly rows: (V | undefined)[] = [];
  private readonly free: number[] = [];
  /** Under which whoever sits keeps its number. */
  private readonly mark = Symbol('seat');

  get size(): number {
    return this.rows.length - this.free.length;
  }

  /** Its number from now on; whoever sits already keeps the one it has. `value` must be open to new properties. */
  take(value: V): number {
    const known = this.numberOf(value);
    if (known !== undefined) return known;
    const seat = this.free.pop() ?? this.rows.length;
    this.rows[seat] = value;
    (value as Marked)[this.mark] = seat;
    return seat;
  }

  /** Frees its seat. The number that it had; undefined for whoever had none. */
  leave(value: V): number | undefined {
    const seat = this.numberOf(value);
    if (seat === undefined) return undefined;
    this.rows[seat] = undefined;
    this.free.push(seat);
    (value as Marked)[this.mark] = undefined;
    return seat;
  }

  at(seat: number): V | undefined {
    return this.rows[seat];
  }

  /** All of them, or those of one of `parts` equal parts. Whoever leaves meanwhile is not met any more. */
  *values(part = 0, parts = 1): IterableIterator<V> {
    for (let seat = part; seat < this.rows.length; seat += parts) {
      const value = this.rows[seat];
      if (value) yield value;
    }
  }

  private numberOf(value: V): number | undefined {
    return (value as Marked)[this.mark];
  }
}

type Marked = Record<symbol, number | undefined>;
