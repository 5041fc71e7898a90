import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import passport from 'passport';
import { Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import { type Soon, soon } from '../kernel/soon.js';
import { Attempt } from './attempt.js';
import type { AuthStrategy } from './auth-strategy.js';
import { type Carrier, carrierOf } from './carrier.js';
import { chainOf } from './chain.js';
import { Decisions } from './decisions.js';
import { refusalCode, wrongSecrets } from './refusal.js';
import { AUTH_STRATEGIES } from './strategies/index.js';

/** Passport's own promise-less call, for our attempt instead of a request of Express. */
type Authenticate = (attempt: Attempt, response: object, next: (fault?: unknown) => void) => void;

const NO_SESSION = { session: false };
const NO_RESPONSE = {};

/**
 * Who is this? Asks the configured methods in their order; the first that knows the caller answers. REST and
 * WebSocket both come through here, so there is one decision and one trace (contract section 3).
 */
@Injectable()
export class PrioritizedAuthGuard implements CanActivate {
  private readonly passport = new passport.Passport();

  constructor(
    @Inject(AUTH_STRATEGIES) private readonly strategies: readonly AuthStrategy[],
    private readonly decisions: Decisions,
  ) {
    for (const strategy of strategies) this.passport.use(strategy.method, strategy as unknown as passport.Strategy);
  }

  canActivate(context: ExecutionContext): Soon<true> {
    const waiting = this.check(carrierOf(context));
    return waiting ? waiting.then(() => true as const) : true;
  }

  /**
   * Puts the identity on the carrier, at once as a rule; a promise only where a method or the count has to wait. Throws
   * or rejects with Refused and the one code that the caller may see.
   */
  check(carrier: Carrier): Promise<void> | undefined {
    const attempt = new Attempt(carrier.evidence);
    let identity: Soon<Identity>;
    try {
      identity = this.ask(attempt);
    } catch (error) {
      return this.refuse(carrier, attempt, error);
    }
    if (!(identity instanceof Promise)) return this.admit(carrier, attempt, identity);
    return identity.then(
      (late) => this.admit(carrier, attempt, late),
      (error: unknown) => this.refuse(carrier, attempt, error),
    );
  }

  /** Runs the chain. Throws or rejects with the Refused that the caller is to be shown. */
  private ask(attempt: Attempt): Soon<Identity> {
    const methods = chainOf(this.strategies, attempt.evidence.config);
    return soon<Identity>((answer) => {
      const authenticate = this.passport.authenticate(
        methods as string[],
        NO_SESSION,
        (fault: unknown, identity: Identity | false | null) => {
          if (fault || identity) answer(fault, identity || undefined);
          else answer(new Refused(refusalCode(attempt, methods)));
        },
      ) as Authenticate;
      authenticate(attempt, NO_RESPONSE, answer);
    });
  }

  /** Whoever is vouched for may have shown wrong secrets beside: they count, and may be one too many. */
  private admit(carrier: Carrier, attempt: Attempt, identity: Identity): Promise<void> | undefined {
    const counting = settle(carrier, attempt);
    if (!counting) return this.welcome(carrier, attempt, identity);
    return counting.then(
      () => this.welcome(carrier, attempt, identity),
      (error: unknown) => this.turnAway(carrier, attempt, error),
    );
  }

  /** Counting rejects when these failures are one too many: then "wait" is the answer, not "wrong". */
  private refuse(carrier: Carrier, attempt: Attempt, error: unknown): Promise<never> {
    const counting = settle(carrier, attempt);
    if (!counting) return this.turnAway(carrier, attempt, error);
    return counting.then(
      () => this.turnAway(carrier, attempt, error),
      (late: unknown) => this.turnAway(carrier, attempt, late),
    );
  }

  private welcome(carrier: Carrier, { steps }: Attempt, identity: Identity): undefined {
    carrier.identity = identity;
    carrier.steps = steps;
    this.decisions.accepted(carrier.evidence, steps, identity);
  }

  private turnAway({ evidence }: Carrier, { steps }: Attempt, error: unknown): never {
    this.decisions.refused(evidence, error, steps);
    throw error;
  }
}

/** Gives the caller's place back, and counts what it showed wrong. Undefined when there is nothing to count. */
function settle({ admission }: Carrier, attempt: Attempt): Promise<void> | undefined {
  const failures = wrongSecrets(attempt);
  const counting = admission?.settle(failures);
  return failures > 0 ? counting : undefined;
}
