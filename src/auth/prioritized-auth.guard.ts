import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import passport from 'passport';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { type ErrorCode, Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import { LOG, type Log } from '../kernel/log.js';
import { Attempt } from './attempt.js';
import type { AuthStrategy } from './auth-strategy.js';
import { carrierOf } from './carrier.js';
import { chainOf } from './chain.js';
import { DecisionTrace } from './decision-trace.js';
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
    private readonly traces: DecisionTrace,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
  ) {
    for (const strategy of strategies) this.passport.use(strategy.method, strategy as unknown as passport.Strategy);
  }

  /** Puts the identity on the carrier, or throws Refused with the one code that the caller may see. */
  async canActivate(context: ExecutionContext): Promise<true> {
    const carrier = carrierOf(context);
    const attempt = new Attempt(carrier.evidence);
    try {
      // Settling rejects when these failures are one too many: then "wait" is the answer, not "wrong".
      carrier.identity = await this.ask(attempt).finally(() => carrier.admission?.settle(wrongSecrets(attempt)));
    } catch (error) {
      this.remember(attempt, undefined, error);
      throw error;
    }
    this.remember(attempt, carrier.identity);
    return true;
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

  private remember(attempt: Attempt, identity?: Identity, error?: unknown): void {
    const { evidence, steps } = attempt;
    const { requestId, surface, client, peer } = evidence;
    const code: ErrorCode | undefined =
      error === undefined ? undefined : error instanceof Refused ? error.code : 'internal_error';
    this.traces.record({ requestId, at: this.clock.now(), surface, client, peer, identity, code, steps });
    if (code === undefined) return;

    const method = steps.findLast((step) => step.verdict !== 'not presented')?.method;
    this.log.warn('auth failed', { requestId, code, method, surface, clientIp: client ?? 'unknown', peer });
  }
}
