import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ThrottlerGuard } from '@nestjs/throttler';
import { type Carrier, carrierOf } from './carrier.js';
import { Decisions } from './decisions.js';
import type { Presented } from './evidence.js';
import { FailureLimiter } from './failure-limiter.js';
import { FailureStorage } from './failures/failure-storage.js';
import { RateLimitSettings } from './rate-limit.settings.js';

const PASSED = Promise.resolve(true);

/**
 * Refuses whoever has shown too many wrong credentials, before any is looked at. Of the throttler it is the guard and
 * the storage; when to count is decided after the judgement, by PrioritizedAuthGuard, which settles the admission.
 */
@Injectable()
export class FailureThrottlerGuard extends ThrottlerGuard {
  // Each parameter names its token: Nest would else take those of the parent's first two.
  constructor(
    @Inject(FailureLimiter) private readonly limiter: FailureLimiter,
    @Inject(FailureStorage) storage: FailureStorage,
    @Inject(Reflector) reflector: Reflector,
    @Inject(Decisions) private readonly decisions: Decisions,
  ) {
    super([], storage, reflector);
  }

  /** The limits stand in the configuration of each request, not in a list of throttlers. */
  override async onModuleInit(): Promise<void> {}

  override canActivate(context: ExecutionContext): Promise<boolean> {
    const carrier = carrierOf(context);
    const refuse = (error: unknown): never => {
      this.decisions.refused(carrier.evidence, error);
      throw error;
    };
    try {
      const waiting = this.check(carrier);
      return waiting ? waiting.then(() => true, refuse) : PASSED;
    } catch (error) {
      return refuse(error);
    }
  }

  /**
   * Sets the carrier's admission, at once as a rule; a promise only where the caller has to wait. Throws or rejects
   * with Refused (`rate_limited`, `auth_unavailable`), also for a right or an absent credential.
   */
  check(carrier: Carrier): Promise<void> | undefined {
    const { source, config, presented } = carrier.evidence;
    const admission = this.limiter.admit(source, config.get(RateLimitSettings), secretsShown(presented));
    if (admission instanceof Promise) return admission.then((late) => void (carrier.admission = late));
    carrier.admission = admission;
    return undefined;
  }
}

/** How many different secrets could turn out wrong: as many places are taken. */
function secretsShown({ token, password, deviceToken }: Presented): number {
  const second = password !== undefined && password !== token;
  const third = deviceToken !== undefined && deviceToken !== token && deviceToken !== password;
  return Number(token !== undefined) + Number(second) + Number(third);
}
