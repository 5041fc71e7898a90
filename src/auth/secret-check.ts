import { Injectable } from '@nestjs/common';
import { OAuthError } from '../accounts/oauth/oauth-error.js';
import { Refused, Unavailable } from '../kernel/errors.js';
import { Decisions } from './decisions.js';
import type { Evidence } from './evidence.js';
import { type Admission, FailureLimiter } from './failure-limiter.js';
import { RateLimitSettings } from './rate-limit.settings.js';

/** How a secret outside the chain is judged. */
export interface Check<T> {
  /** Throws when it is no good. */
  readonly judge: () => Promise<T>;
  /** Whether what was thrown says that the secret was never ours: only that counts. */
  readonly isWrong?: (error: unknown) => boolean;
  /** Counts on this as well as on the caller's address: a person who guesses from many of them. */
  readonly alsoOn?: string;
}

/**
 * Judges secrets that are none of the chain's (access tokens at the exchange, device codes, client secrets, typed codes)
 * under the same failure limit as the chain's own: whoever guesses is locked out, whatever they guess (S102, S142).
 */
@Injectable()
export class SecretCheck {
  constructor(
    private readonly limiter: FailureLimiter,
    private readonly decisions: Decisions,
  ) {}

  /** What `judge` says. Throws Refused: 'rate_limited' for who is locked, 'auth_unavailable' when it cannot be judged. */
  async run<T>(evidence: Evidence, { judge, isWrong = neverOurs, alsoOn }: Check<T>): Promise<T> {
    const limits = evidence.config.get(RateLimitSettings);
    const admissions: Admission[] = [];
    try {
      for (const source of alsoOn === undefined ? [evidence.source] : [evidence.source, alsoOn]) {
        admissions.push(await this.limiter.admit(source, limits));
      }
      return await judge();
    } catch (error) {
      const wrong = isWrong(error);
      if (wrong) await Promise.all(admissions.map((admission) => admission.settle(1)));
      const shown = error instanceof Unavailable ? new Refused('auth_unavailable', { reason: error.message }) : error;
      if (wrong || isRefusal(shown)) this.decisions.refused(evidence, asRefused(shown));
      throw shown;
    } finally {
      // A second call does nothing.
      await Promise.all(admissions.map((admission) => admission.settle(0)));
    }
  }
}

function neverOurs(error: unknown): boolean {
  if (error instanceof OAuthError) return error.detail.wasWrong === true;
  return error instanceof Refused && error.code === 'token_mismatch';
}

const isRefusal = (error: unknown): boolean => error instanceof Refused && [401, 429, 503].includes(error.status);

/** The log and the trace speak our codes. */
const asRefused = (error: unknown): unknown =>
  error instanceof OAuthError ? new Refused('token_mismatch', { reason: `${error.error}: ${error.message}` }) : error;
