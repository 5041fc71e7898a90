import type { Clock } from '../kernel/clock.js';

/** An answer that will be given again to the same request. */
export interface KeptAnswer {
  /** Of the request that it answers. */
  readonly fingerprint: string;
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: string;
}

export interface Bounds {
  readonly lifeMs: number;
  readonly entries: number;
  /** Of all bodies together, in characters. */
  readonly size: number;
}

/**
 * Answers by the key of their request, for a time and within bounds: the oldest are forgotten first. In memory alone,
 * for an answer may hold a token.
 */
export class KeptAnswers {
  /** In the order in which they were kept, which is that in which they end. */
  private readonly answers = new Map<string, KeptAnswer & { readonly endsAt: number }>();
  private size = 0;

  constructor(
    private readonly clock: Clock,
    private readonly bounds: Bounds,
  ) {}

  get(key: string): KeptAnswer | undefined {
    const found = this.answers.get(key);
    return found && found.endsAt > this.clock.now() ? found : undefined;
  }

  set(key: string, answer: KeptAnswer): void {
    this.forget(key);
    this.answers.set(key, { ...answer, endsAt: this.clock.now() + this.bounds.lifeMs });
    this.size += answer.body.length;
    this.makeRoom();
  }

  private makeRoom(): void {
    const now = this.clock.now();
    for (const [key, { endsAt }] of this.answers) {
      const fits = this.answers.size <= this.bounds.entries && this.size <= this.bounds.size;
      if (fits && endsAt > now) return;
      this.forget(key);
    }
  }

  private forget(key: string): void {
    this.size -= this.answers.get(key)?.body.length ?? 0;
    this.answers.delete(key);
  }
}
