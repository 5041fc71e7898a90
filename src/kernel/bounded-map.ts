/**
 * A map that never holds more than `capacity` entries and forgets the oldest half at a time. Two generations instead
 * of one least-recently-used list: deleting first keys of a large `Map` one by one costs thirty times as much.
 */
export class BoundedMap<K, V> {
  private current = new Map<K, V>();
  private previous = new Map<K, V>();

  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.current.size + this.previous.size;
  }

  get(key: K): V | undefined {
    const found = this.current.get(key);
    if (found !== undefined) return found;
    const older = this.previous.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: K, value: V): void {
    this.previous.delete(key);
    this.current.set(key, value);
    if (this.current.size * 2 < this.capacity) return;
    this.previous = this.current;
    this.current = new Map();
  }

  delete(key: K): void {
    this.current.delete(key);
    this.previous.delete(key);
  }

  clear(): void {
    this.current.clear();
    this.previous.clear();
  }

  *entries(): IterableIterator<[K, V]> {
    yield* this.previous;
    yield* this.current;
  }
}
