import type { Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';

/** In milliseconds. */
export interface KeepTimes {
  /** Until then nobody is asked again. */
  readonly freshMs: number;
  /** Until then it serves while nobody answers. */
  readonly staleMs: number;
  /** After an answer or a failure nobody is asked again so soon, whatever is wanted. */
  readonly coolDownMs: number;
}

/** Something of another server, asked for when it is needed: once for all who wait, and not again at once. */
export class Kept<T> {
  private value: { readonly held: T; readonly at: number } | undefined;
  private failure: { readonly error: Unavailable; readonly at: number } | undefined;
  private asking: Promise<T> | undefined;

  constructor(
    private readonly fetch: () => Promise<T>,
    private readonly times: KeepTimes,
    private readonly clock: Clock,
  ) {}

  /** Rejects with Unavailable when there is nothing, or only what is too old. */
  async get(): Promise<T> {
    if (this.value && this.isWithin(this.value.at, this.times.freshMs)) return this.value.held;
    try {
      return await this.renew();
    } catch (error) {
      if (this.value && this.isWithin(this.value.at, this.times.staleMs)) return this.value.held;
      throw error;
    }
  }

  /**
   * A newer one than `seen`, for whoever missed something in it; undefined when one was fetched a moment ago and is no
   * newer. Rejects with Unavailable when nobody answers.
   */
  async newer(seen: T): Promise<T | undefined> {
    if (this.value && this.value.held !== seen) return this.value.held;
    if (this.value && this.isWithin(this.value.at, this.times.coolDownMs)) return undefined;
    return this.renew();
  }

  private async renew(): Promise<T> {
    if (this.failure && this.isWithin(this.failure.at, this.times.coolDownMs)) throw this.failure.error;
    this.asking ??= this.ask().finally(() => (this.asking = undefined));
    return this.asking;
  }

  private async ask(): Promise<T> {
    try {
      const held = await this.fetch();
      this.value = { held, at: this.clock.now() };
      this.failure = undefined;
      return held;
    } catch (error) {
      if (error instanceof Unavailable) this.failure = { error, at: this.clock.now() };
      throw error;
    }
  }

  private isWithin(at: number, ms: number): boolean {
    return this.clock.now() - at < ms;
  }
}
