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
import { Stays } from './stays.js';
import { AUTH_STRATEGIES } from './strategies/index.js';

/** Passport's own promise-less call, for our attempt instead of a request of Express. */
type Authenticate = (attempt: Attempt, response: object, next: (fault?: unknown) => void) => void;

const NO_SESSION = { session: false };
const NO_RESPONSE = {};

/** Nobody whom a method of the chain takes; `why` is what the caller is to be shown, or a fault. Not thrown: that is slow. */
class NotKnown {
  constructor(readonly why: unknown) {}
}

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
    private readonly stays: Stays,
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
    carrier.epoch = this.stays.epoch;
    const outcome = this.ask(attempt);
    if (!(outcome instanceof Promise)) return this.conclude(carrier, attempt, outcome);
    return outcome.then((late) => this.conclude(carrier, attempt, late));
  }

  /** Runs the chain. */
  private ask(attempt: Attempt): Soon<Identity | NotKnown> {
    const methods = chainOf(this.strategies, attempt.evidence.config);
    return soon((answer) => {
      const refuse = (fault: unknown): void => answer(new NotKnown(fault));
      const authenticate = this.passport.authenticate(
        methods as string[],
        NO_SESSION,
        (fault: unknown, identity: Identity | false | null) => {
          if (identity) answer(identity);
          else refuse(fault ?? new Refused(refusalCode(attempt, methods)));
        },
      ) as Authenticate;
      try {
        authenticate(attempt, NO_RESPONSE, refuse);
      } catch (fault) {
        refuse(fault);
      }
    });
  }

  private conclude(carrier: Carrier, attempt: Attempt, outcome: Identity | NotKnown): Promise<void> | undefined {
    if (outcome instanceof NotKnown) return this.refuse(carrier, attempt, outcome.why);
    return this.admit(carrier, attempt, outcome);
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
