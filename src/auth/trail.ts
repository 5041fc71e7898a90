import type { ErrorCode } from '../kernel/errors.js';
import type { Method } from '../kernel/identity.js';

export type Verdict = 'succeeded' | 'not presented' | 'not mine' | 'refused' | 'could not decide';

/** One line of a decision's trace: a method, what it said, and why. */
export interface Step {
  readonly method: Method;
  readonly verdict: Verdict;
  readonly code?: ErrorCode;
  readonly reason?: string;
}

/**
 * What methods have said of a caller, in order. Callers that fare alike share one trail: thousands are remembered, and
 * what each request leaves behind is what the garbage collector costs.
 */
export class Trail {
  static readonly START = new Trail([]);
  private readonly ways = new Map<Step, Trail>();

  private constructor(readonly steps: readonly Step[]) {}

  /** The trail with one of a method's standing steps: the same object each time, so that there are few trails. */
  along(step: Step): Trail {
    let trail = this.ways.get(step);
    if (!trail) this.ways.set(step, (trail = this.aside(step)));
    return trail;
  }

  /** The trail with a step of this caller's own, whose reason nobody shares. */
  aside(step: Step): Trail {
    return new Trail([...this.steps, step]);
  }
}
