/** A list that stays sorted while single items come and go. */
export class SortedRow<T> {
  private readonly row: T[] = [];

  constructor(private readonly compare: (a: T, b: T) => number) {}

  get items(): readonly T[] {
    return this.row;
  }

  /** Adds many at once. */
  fill(items: readonly T[]): void {
    this.row.push(...items);
    this.row.sort(this.compare);
  }

  /** Puts an item after those that compare as equal. */
  add(item: T): void {
    let [low, high] = [0, this.row.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.compare(this.row[middle]!, item) <= 0) low = middle + 1;
      else high = middle;
    }
    this.row.splice(low, 0, item);
  }

  /** Takes this very item out; nothing happens when it is not there. */
  remove(item: T): void {
    const at = this.row.indexOf(item);
    if (at >= 0) this.row.splice(at, 1);
  }
}
