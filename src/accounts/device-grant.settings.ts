import { IsInt, Max, Min } from 'class-validator';
import { Settings } from '../config/settings.js';

/** Signing a client in by a code that a person types elsewhere (RFC 8628). */
@Settings('accounts.deviceGrant')
export class DeviceGrantSettings {
  /** How long the code may be typed, in milliseconds. */
  @IsInt()
  @Min(30_000)
  @Max(3_600_000)
  codeLifeMs = 600_000;

  /** How long the gateway token lasts that comes of it, in milliseconds; never longer than the sign-in. */
  @IsInt()
  @Min(60_000)
  @Max(30 * 86_400_000)
  tokenLifeMs = 3_600_000;

  /** How many codes of one address may wait to be typed. */
  @IsInt()
  @Min(1)
  @Max(1000)
  pendingPerAddress = 10;
}
