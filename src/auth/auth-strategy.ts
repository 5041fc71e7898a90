import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-strategy';
import type { ConfigSnapshot } from '../config/settings.js';
import { type ErrorCode, Refused } from '../kernel/errors.js';
import type { Identity, Method } from '../kernel/identity.js';
import type { Attempt } from './attempt.js';
import type { Evidence } from './evidence.js';

type Verify = (attempt: Attempt, done: (fault: unknown, identity: Identity | null) => void) => void;

/** Passport's side of a method: `fail` asks the next one, `success` and `error` end the chain. */
class EvidenceStrategy extends Strategy {
  constructor(private readonly verify: Verify) {
    super();
  }

  override authenticate(attempt: unknown): void {
    this.verify(attempt as Attempt, (fault, identity) => {
      if (fault) this.error(fault as Error);
      else if (identity) this.success(identity);
      else this.fail(401);
    });
  }
}

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
  judge(evidence: Evidence): Identity | Declined | null | Promise<Identity | Declined | null>;
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
  abstract class TracedStrategy extends PassportStrategy(EvidenceStrategy, method) implements AuthStrategy {
    readonly method = method;

    abstract isConfigured(config: ConfigSnapshot): boolean;
    abstract recognises(evidence: Evidence): boolean;
    abstract judge(evidence: Evidence): ReturnType<AuthStrategy['judge']>;

    stands(_identity: Identity, _config: ConfigSnapshot): boolean {
      return true;
    }

    /** Called by Passport through Nest. Null asks the next method, a Refused ends the chain. */
    async validate(attempt: Attempt): Promise<Identity | null> {
      if (!this.recognises(attempt.evidence)) return this.next(attempt, 'not presented');
      try {
        const answer = await this.judge(attempt.evidence);
        if (answer instanceof Declined) return this.next(attempt, 'not mine', answer.code, answer.reason);
        if (answer === null) return this.next(attempt, 'not mine');
        attempt.note(method, 'succeeded');
        return answer;
      } catch (error) {
        if (error instanceof Refused) {
          attempt.note(method, 'refused', error.code, error.detail.reason);
          throw error;
        }
        // A fault is no verdict: the next method may still know the caller, but nobody is told "wrong" for it.
        return this.next(attempt, 'could not decide', 'auth_unavailable', String(error));
      }
    }

    private next(
      attempt: Attempt,
      ...note: [verdict: 'not presented' | 'not mine' | 'could not decide', code?: ErrorCode, reason?: string]
    ): null {
      attempt.note(method, ...note);
      return null;
    }
  }
  return TracedStrategy;
}
