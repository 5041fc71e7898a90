import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import passport from 'passport';
import { Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import { Attempt } from './attempt.js';
import type { AuthStrategy } from './auth-strategy.js';
import { carrierOf } from './carrier.js';
import { chainOf } from './chain.js';
import { Decisions } from './decisions.js';
import type { Admission } from './failure-limiter.js';
import { refusalCode, wrongSecrets } from './refusal.js';
import { AUTH_STRATEGIES } from './strategies/index.js';

/** Passport's own promise-less call, for our attempt instead of a request of Express. */
type Authenticate = (attempt: Attempt, response: object, next: (fault?: unknown) => void) => void;

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

  /** Puts the identity on the carrier, or throws Refused with the one code that the caller may see. */
  async canActivate(context: ExecutionContext): Promise<true> {
    const carrier = carrierOf(context);
    const { evidence, admission } = carrier;
    const attempt = new Attempt(evidence);
    try {
      carrier.identity = await this.judge(attempt, admission);
    } catch (error) {
      this.decisions.refused(evidence, error, attempt.steps);
      throw error;
    }
    carrier.steps = attempt.steps;
    this.decisions.accepted(evidence, attempt.steps, carrier.identity);
    return true;
  }

  /** Settling rejects when these failures are one too many: then "wait" is the answer, not "wrong". */
  private async judge(attempt: Attempt, admission?: Admission): Promise<Identity> {
    try {
      return await this.ask(attempt);
    } finally {
      await admission?.settle(wrongSecrets(attempt));
    }
  }

  /** Runs the chain. Rejects with the Refused that the caller is to be shown. */
  private ask(attempt: Attempt): Promise<Identity> {
    const methods = chainOf(this.strategies, attempt.evidence.config);
    return new Promise((resolve, reject) => {
      const authenticate = this.passport.authenticate(
        methods as string[],
        { session: false },
        (fault: unknown, identity: Identity | false | null) => {
          if (fault) reject(fault);
          else if (identity) resolve(identity);
          else reject(new Refused(refusalCode(attempt, methods)));
        },
      ) as Authenticate;
      authenticate(attempt, {}, reject);
    });
  }
}
