import type { ConfigSnapshot } from './settings.js';

/** Where the current snapshot is found, and who hears of the next one. */
export class ConfigService {
  private readonly listeners = new Set<(next: ConfigSnapshot, previous: ConfigSnapshot) => void>();
  private pending: Promise<unknown> = Promise.resolve();

  constructor(
    private snapshot: ConfigSnapshot,
    private readonly load: (version: number) => Promise<ConfigSnapshot>,
  ) {}

  get current(): ConfigSnapshot {
    return this.snapshot;
  }

  /**
   * Loads everything anew and swaps it whole. Throws ConfigError and changes nothing when any of it is wrong. Reloads
   * that are asked for at once happen one after the other, so that the last one asked for is what holds.
   */
  reload(): Promise<ConfigSnapshot> {
    const turn = this.pending.then(() => this.swap());
    this.pending = turn.catch(() => undefined); // whoever asked is told; the next one's turn comes all the same
    return turn;
  }

  /** Calls `listener` after every swap. Returns the way to stop. */
  onChange(listener: (next: ConfigSnapshot, previous: ConfigSnapshot) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private async swap(): Promise<ConfigSnapshot> {
    const previous = this.snapshot;
    this.snapshot = await this.load(previous.version + 1);
    for (const listener of this.listeners) listener(this.snapshot, previous);
    return this.snapshot;
  }
}
