import type { Clock } from '../kernel/clock.js';
import type { AnswerStore, KeyedRequest, Known } from './answer-store.js';

export interface Bounds {
  readonly lifeMs: number;
  readonly entries: number;
  /** Of all answers together, in characters. */
  readonly size: number;
}

interface Entry {
  readonly fingerprint: string;
  /** Undefined while it is under way. */
  readonly sealed?: string;
  readonly endsAt: number;
}

/** Answers of a gateway without a database: in its memory, within bounds, the oldest forgotten first. */
export class MemoryAnswers implements AnswerStore {
  /** In the order in which they were kept, which is that in which they end. */
  private readonly entries = new Map<string, Entry>();
  private size = 0;

  constructor(
    private readonly clock: Clock,
    private readonly bounds: Bounds,
  ) {}

  async begin({ key, fingerprint }: KeyedRequest): Promise<Known | undefined> {
    const found = this.entries.get(key);
    if (found && found.endsAt > this.clock.now()) {
      const { sealed } = found;
      const same = found.fingerprint;
      return sealed === undefined
        ? { state: 'under way', fingerprint: same }
        : { state: 'answered', fingerprint: same, sealed };
    }
    this.put(key, { fingerprint, endsAt: Infinity });
    return undefined;
  }

  async keep({ key, fingerprint }: KeyedRequest, sealed: string): Promise<void> {
    this.put(key, { fingerprint, sealed, endsAt: this.clock.now() + this.bounds.lifeMs });
    this.makeRoom();
  }

  async release({ key }: KeyedRequest): Promise<void> {
    this.forget(key);
  }

  private put(key: string, entry: Entry): void {
    this.forget(key);
    this.entries.set(key, entry);
    this.size += entry.sealed?.length ?? 0;
  }

  private makeRoom(): void {
    const now = this.clock.now();
    for (const [key, { endsAt, sealed }] of this.entries) {
      const fits = this.entries.size <= this.bounds.entries && this.size <= this.bounds.size;
      if (fits && endsAt > now) return;
      if (sealed !== undefined) this.forget(key);
    }
  }

  private forget(key: string): void {
    this.size -= this.entries.get(key)?.sealed?.length ?? 0;
    this.entries.delete(key);
  }
}
