import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-strategy';
import type { ConfigSnapshot } from '../config/settings.js';
import { type ErrorCode, Refused } from '../kernel/errors.js';
import type { Identity, Method } from '../kernel/identity.js';
import type { Soon } from '../kernel/soon.js';
import type { Attempt } from './attempt.js';
import type { Evidence } from './evidence.js';
import type { Step } from './trail.js';

/** One way in. Written as in the manual: `class TokenStrategy extends AuthStrategy('token')`. */
export interface AuthStrategy {
  readonly method: Method;
  /** Whether the configuration has this method at all; one that is not configured is not in the chain. */
  isConfigured(config: ConfigSnapshot): boolean;
  /** Whether the caller shows anything that this method could judge. Cheap, without side effects. */
  recognises(evidence: Evidence): boolean;
  /**
   * Three answers: an identity (mine and good), null (not mine, ask the next), or a thrown Refused (mine, and no
   * longer good: the chain ends). Whatever else is thrown is a fault: the chain goes on, but cannot end in a plain no.
   */
  judge(evidence: Evidence): Soon<Identity | Declined | null>;
  /** Whether an identity of this method, given under an earlier configuration, still holds under this one (S147, S149). */
  stands(identity: Identity, config: ConfigSnapshot): boolean;
}

/** "Not mine", with the code to give if nobody else takes the caller (undefined: others know better) and the reason. */
export class Declined {
  constructor(
    readonly code: ErrorCode | undefined,
    readonly reason?: string,
  ) {}
}

/** The base class of a method: a Passport strategy of that name which keeps the trace. */
export function AuthStrategy(method: Method) {
  // The standing steps, which say nothing but themselves: one object each, however many callers there are.
  const NOT_PRESENTED: Step = { method, verdict: 'not presented' };
  const NOT_MINE: Step = { method, verdict: 'not mine' };
  const SUCCEEDED: Step = { method, verdict: 'succeeded' };

  abstract class TracedStrategy extends PassportStrategy(Strategy, method) implements AuthStrategy {
    readonly method = method;

    abstract isConfigured(config: ConfigSnapshot): boolean;
    abstract recognises(evidence: Evidence): boolean;
    abstract judge(evidence: Evidence): ReturnType<AuthStrategy['judge']>;

    stands(_identity: Identity, _config: ConfigSnapshot): boolean {
      return true;
    }

    /**
     * Called by Passport: `fail` asks the next method, `success` and `error` end the chain. Nest's own way from here to
     * `validate` makes promises for every method; most of ours answer at once.
     */
    override authenticate(attempt: unknown): void {
      let answer: Soon<Identity | null>;
      try {
        answer = this.validate(attempt as Attempt);
      } catch (fault) {
        return this.error(fault as Error);
      }
      if (!(answer instanceof Promise)) return this.conclude(answer);
      answer.then(
        (late) => this.conclude(late),
        (fault: unknown) => this.error(fault as Error),
      );
    }

    /** Null asks the next method; a Refused, thrown or rejected with, ends the chain. */
    validate(attempt: Attempt): Soon<Identity | null> {
      if (!this.recognises(attempt.evidence)) {
        attempt.note(NOT_PRESENTED);
        return null;
      }
      try {
        const answer = this.judge(attempt.evidence);
        if (!(answer instanceof Promise)) return this.noted(attempt, answer);
        return answer.then(
          (late) => this.noted(attempt, late),
          (error: unknown) => this.failed(attempt, error),
        );
      } catch (error) {
        return this.failed(attempt, error);
      }
    }

    private noted(attempt: Attempt, answer: Identity | Declined | null): Identity | null {
      if (answer instanceof Declined) {
        attempt.noteOwn({ method, verdict: 'not mine', code: answer.code, reason: answer.reason });
        return null;
      }
      attempt.note(answer ? SUCCEEDED : NOT_MINE);
      return answer;
    }

    private failed(attempt: Attempt, error: unknown): null {
      if (error instanceof Refused) {
        attempt.noteOwn({ method, verdict: 'refused', code: error.code, reason: error.detail.reason });
        throw error;
      }
      // A fault is no verdict: the next method may still know the caller, but nobody is told "wrong" for it.
      attempt.noteOwn({ method, verdict: 'could not decide', code: 'auth_unavailable', reason: String(error) });
      return null;
    }

    private conclude(identity: Identity | null): void {
      if (identity) this.success(identity);
      else this.fail(401);
    }
  }
  return TracedStrategy;
}
