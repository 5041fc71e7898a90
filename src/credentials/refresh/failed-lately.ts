import type { Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';

const FIRST_MS = 1_000;
const LONGEST_MS = 5 * 60_000;

/** What could not be refreshed for a reason that passes: left alone for longer each time, however many ask for it. */
export class FailedLately {
  private readonly failures = new Map<
    string,
    { readonly count: number; readonly until: number; readonly why: string }
  >();

  constructor(private readonly clock: Clock) {}

  /** Throws Unavailable while it is too early. */
  check(key: string): void {
    const failure = this.failures.get(key);
    if (failure && failure.until > this.clock.now()) throw new Unavailable(`not tried again yet: ${failure.why}`);
  }

  add(key: string, why: string): void {
    const count = (this.failures.get(key)?.count ?? 0) + 1;
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(count - 1, 20));
    this.failures.set(key, { count, until: this.clock.now() + longest * (0.5 + Math.random() / 2), why });
  }

  forget(key: string): void {
    this.failures.delete(key);
  }
}
