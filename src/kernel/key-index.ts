import type { Seats } from './seats.js';

/** Finds those who sit by a key that several may share. Most keys have one seat, which then needs no set of its own. */
export class KeyIndex<V extends object> {
  private readonly entries = new Map<string, number | Set<number>>();

  constructor(private readonly seats: Seats<V>) {}

  add(key: string, seat: number): void {
    const entry = this.entries.get(key);
    if (entry === undefined) this.entries.set(key, seat);
    else if (typeof entry === 'object') entry.add(seat);
    else this.entries.set(key, new Set([entry, seat]));
  }

  remove(key: string, seat: number): void {
    const entry = this.entries.get(key);
    if (entry === seat) this.entries.delete(key);
    if (typeof entry !== 'object') return;
    entry.delete(seat);
    if (entry.size === 0) this.entries.delete(key);
  }

  /** In the order in which they came. A copy: what is done with them may remove them. */
  find(key: string): V[] {
    const entry = this.entries.get(key);
    if (entry === undefined) return [];
    return (typeof entry === 'object' ? [...entry] : [entry]).map((seat) => this.seats.at(seat)!);
  }

  count(key: string): number {
    const entry = this.entries.get(key);
    return entry === undefined ? 0 : typeof entry === 'object' ? entry.size : 1;
  }
}
