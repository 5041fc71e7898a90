/** Finds values by a key that several may share. Most keys have one value, which then needs no set of its own. */
export class KeyIndex<V extends object> {
  private readonly entries = new Map<string, V | Set<V>>();

  add(key: string, value: V): void {
    const entry = this.entries.get(key);
    if (entry === undefined) this.entries.set(key, value);
    else if (entry instanceof Set) entry.add(value);
    else this.entries.set(key, new Set([entry, value]));
  }

  remove(key: string, value: V): void {
    const entry = this.entries.get(key);
    if (entry === value) this.entries.delete(key);
    if (!(entry instanceof Set)) return;
    entry.delete(value);
    if (entry.size === 0) this.entries.delete(key);
  }

  /** A copy: what is done with the values may remove them. */
  find(key: string): V[] {
    const entry = this.entries.get(key);
    if (entry === undefined) return [];
    return entry instanceof Set ? [...entry] : [entry];
  }

  count(key: string): number {
    const entry = this.entries.get(key);
    return entry === undefined ? 0 : entry instanceof Set ? entry.size : 1;
  }
}
