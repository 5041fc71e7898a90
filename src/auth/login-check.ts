import { Injectable } from '@nestjs/common';
import { canonicalEmail } from '../accounts/email-address.js';
import { PasswordLogins } from '../accounts/password-logins.service.js';
import { TAKEN } from '../accounts/registration/registration.service.js';
import { type ErrorCode, Refused } from '../kernel/errors.js';
import type { Evidence } from './evidence.js';
import { FailureLimiter } from './failure-limiter.js';
import { LoginLimitSettings } from './login-limit.settings.js';
import { SecretCheck } from './secret-check.js';

/** What says that a secret was never right. */
const WRONG: readonly ErrorCode[] = ['password_mismatch', 'token_mismatch', 'code_invalid'];

/** What failures to guess somebody's password are counted on, beside the address that they come from. */
const accountSource = (email: string): string => `account:${canonicalEmail(email)}`;

/**
 * Judges passwords and codes under the failure limits (S142, S143).
 *
 * Each address may fail as often as everywhere else. A person's password may moreover be guessed so many times from all
 * addresses together, whether or not there is such a person; beyond, strangers are refused for a while, and the person is
 * not: whoever comes from an address of theirs, shows a refresh token of theirs, or has just followed a link in a mail to
 * them is under the limit of the address alone. So nobody can lock a person out, and nobody can guess on.
 */
@Injectable()
export class LoginCheck {
  constructor(
    private readonly secrets: SecretCheck,
    private readonly limiter: FailureLimiter,
    private readonly logins: PasswordLogins,
  ) {}

  /** What `judge` says of a password for `email`. Throws as `SecretCheck.run`. */
  password<T>(evidence: Evidence, email: string, judge: () => Promise<T>, refreshToken?: string): Promise<T> {
    return this.code(evidence, async () => {
      const known = await this.logins.knows(email, evidence.source, refreshToken);
      return known ? judge() : this.asStranger(evidence, email, judge);
    });
  }

  /** What `judge` says of a code or a refresh token. Throws as `SecretCheck.run`. */
  code<T>(evidence: Evidence, judge: () => Promise<T>): Promise<T> {
    return this.secrets.run(evidence, { judge, isWrong });
  }

  private async asStranger<T>({ config }: Evidence, email: string, judge: () => Promise<T>): Promise<T> {
    const admission = await this.limiter.admit(accountSource(email), config.get(LoginLimitSettings));
    try {
      return await judge();
    } catch (error) {
      if (isWrong(error)) await admission.settle(1);
      throw error;
    } finally {
      await admission.settle(0); // a second call does nothing
    }
  }
}

function isWrong(error: unknown): boolean {
  return error instanceof Refused && (WRONG.includes(error.code) || error.detail.reason === TAKEN);
}
