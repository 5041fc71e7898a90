import { IsInt, Max, Min } from 'class-validator';
import { Settings } from '../config/settings.js';

/**
 * How often the password of one person may be guessed from addresses that are not known as theirs, whichever these are.
 * On top of the limit for each address (`gateway.auth.rateLimit`).
 */
@Settings('accounts.limits')
export class LoginLimitSettings {
  /** Wrong passwords for one e-mail address within the window; the one that reaches this number locks it for strangers. */
  @IsInt()
  @Min(3)
  @Max(1000)
  maxAttempts = 10;

  /** How long a wrong password counts, in milliseconds. */
  @IsInt()
  @Min(1000)
  @Max(86_400_000)
  windowMs = 900_000;

  /** How long strangers are then refused, in milliseconds. */
  @IsInt()
  @Min(1000)
  @Max(86_400_000)
  lockoutMs = 900_000;
}
