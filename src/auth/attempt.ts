import type { ErrorCode } from '../kernel/errors.js';
import type { Method } from '../kernel/identity.js';
import type { Evidence } from './evidence.js';

export type Verdict = 'succeeded' | 'not presented' | 'not mine' | 'refused' | 'could not decide';

/** One line of a decision's trace: a method, what it said, and why. */
export interface Step {
  readonly method: Method;
  readonly verdict: Verdict;
  readonly code?: ErrorCode;
  readonly reason?: string;
}

/** One caller at the door: the evidence, and what each method has said of it so far. Passport's `req`. */
export class Attempt {
  readonly steps: Step[] = [];

  constructor(readonly evidence: Evidence) {}

  note(step: Step): void {
    this.steps.push(step);
  }

  /** Whether some method was unable to answer: then "no" is not known to be the answer. */
  get undecided(): boolean {
    return this.steps.some((step) => step.verdict === 'could not decide');
  }

  // Passport lends its session methods to every request that it sees; present from the start, they cost nothing.
  logIn(): void {}
  logOut(): void {}
  isAuthenticated(): boolean {
    return false;
  }
  isUnauthenticated(): boolean {
    return true;
  }
}
