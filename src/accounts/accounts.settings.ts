import { IsIn, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { GatewaySettings } from '../config/gateway.settings.js';
import { type ConfigSnapshot, Setting, Settings } from '../config/settings.js';

export const REGISTRATIONS = ['first-user', 'open', 'closed'] as const;
export type RegistrationMode = (typeof REGISTRATIONS)[number];

export const EMAIL_VERIFICATIONS = ['optional', 'required'] as const;
export type EmailVerification = (typeof EMAIL_VERIFICATIONS)[number];

/** Who may sign up (contract section 6). */
@Settings('accounts')
export class AccountsSettings {
  /** `first-user`: the first one, who becomes owner of the house; then by invitation. `open`: everybody. `closed`: nobody. */
  @Setting({ env: 'ACCOUNTS_REGISTRATION' })
  @IsIn(REGISTRATIONS)
  registration: RegistrationMode = 'first-user';

  /**
   * `required`: nobody signs in before the link in the mail was followed, and signing up never tells whether an address
   * has an account.
   */
  @Setting({ env: 'ACCOUNTS_EMAIL_VERIFICATION' })
  @IsIn(EMAIL_VERIFICATIONS)
  emailVerification: EmailVerification = 'optional';
}

/** The access tokens that we sign. */
@Settings('accounts.jwt')
export class JwtSettings {
  /** `iss` of the tokens. Default: `gateway.publicUrl`, else `doorward`. The same for every replica. */
  @IsOptional()
  @IsString()
  @Length(1, 200)
  issuer?: string;

  /** After so many days a new key signs. The old one stays published while tokens of it live. */
  @IsInt()
  @Min(1)
  @Max(365)
  rotateAfterDays = 30;
}

/** How long a person stays signed in. */
@Settings('accounts.sessions')
export class SessionSettings {
  /** Without being used. */
  @IsInt()
  @Min(1)
  @Max(365)
  idleDays = 30;

  /** In all, however often it is used. */
  @IsInt()
  @Min(1)
  @Max(3650)
  lifeDays = 90;
}

/** Who signs: `iss` of our access tokens. */
export const issuerOf = (config: ConfigSnapshot): string =>
  config.get(JwtSettings).issuer ?? config.get(GatewaySettings).publicUrl?.replace(/\/+$/, '') ?? 'doorward';
