import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ThrottlerGuard } from '@nestjs/throttler';
import type { Soon } from '../kernel/soon.js';
import { type Carrier, carrierOf } from './carrier.js';
import { Decisions } from './decisions.js';
import { DeviceKeys } from './device-keys.js';
import type { Presented } from './evidence.js';
import { type Admission, FailureLimiter } from './failure-limiter.js';
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
    @Inject(DeviceKeys) private readonly keys: DeviceKeys,
  ) {
    super([], storage, reflector);
  }

  /** The limits stand in the configuration of each request, not in a list of throttlers. */
  override async onModuleInit(): Promise<void> {}

  override canActivate(context: ExecutionContext): Promise<boolean> {
    const waiting = this.check(carrierOf(context));
    return waiting ? waiting.then(() => true) : PASSED;
  }

  /**
   * Sets the carrier's admission, at once as a rule; a promise only where the caller has to wait. Throws or rejects
   * with Refused (`rate_limited`, `auth_unavailable`), also for a right or an absent credential.
   */
  check(carrier: Carrier): Promise<void> | undefined {
    const { source, config, presented } = carrier.evidence;
    let admission: Soon<Admission>;
    try {
      admission = this.limiter.admit(source, config.get(RateLimitSettings), secretsShown(presented));
    } catch (error) {
      return presented.device ? this.letPairedPass(carrier, error) : this.refuse(carrier, error);
    }
    if (admission instanceof Promise) {
      return admission.then(
        (late) => void (carrier.admission = late),
        (error: unknown) => this.refuse(carrier, error),
      );
    }
    carrier.admission = admission;
    return undefined;
  }

  /** The signature of a paired device cannot be guessed, and nobody may lock out good devices behind a shared address. */
  private async letPairedPass(carrier: Carrier, locked: unknown): Promise<void> {
    const paired = await this.keys.isPaired(carrier.evidence).catch(() => false);
    if (!paired) this.refuse(carrier, locked);
  }

  private refuse({ evidence }: Carrier, error: unknown): never {
    this.decisions.refused(evidence, error);
    throw error;
  }
}

/** How many different secrets could turn out wrong: as many places are taken. */
function secretsShown({ token, password, deviceToken, setupToken }: Presented): number {
  const second = password !== undefined && password !== token;
  const third = deviceToken !== undefined && deviceToken !== token && deviceToken !== password;
  return Number(token !== undefined) + Number(second) + Number(third) + Number(setupToken !== undefined);
}
