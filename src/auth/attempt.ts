import type { Evidence } from './evidence.js';
import { type Step, Trail } from './trail.js';

/** One caller at the door: the evidence, and what each method has said of it so far. Passport's `req`. */
export class Attempt {
  private trail = Trail.START;

  constructor(readonly evidence: Evidence) {}

  get steps(): readonly Step[] {
    return this.trail.steps;
  }

  /** Notes one of a method's standing steps. */
  note(step: Step): void {
    this.trail = this.trail.along(step);
  }

  /** Notes a step that is about this caller alone. */
  noteOwn(step: Step): void {
    this.trail = this.trail.aside(step);
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
