import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { RegistrationState } from '../accounts/registration/admissions.js';
import { EMAIL_VERIFICATIONS, REGISTRATIONS } from '../accounts/accounts.settings.js';
import type { Person } from '../accounts/person.js';
import { USER_ROLES, type UserRole } from '../accounts/roles.js';
import type { SessionRecord, SessionTokens } from '../accounts/user-sessions.service.js';

const OPTIONAL_TEXT = { type: String, nullable: true } as const;
const MOMENT = { type: String, format: 'date-time', nullable: true } as const;

/** A person, to themselves. */
export class AccountUserView {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ format: 'email' })
  email: string;

  @ApiProperty(OPTIONAL_TEXT)
  displayName: string | null;

  @ApiProperty()
  emailVerified: boolean;

  @ApiProperty({ enum: USER_ROLES })
  role: UserRole;

  @ApiProperty(OPTIONAL_TEXT)
  locale: string | null;

  @ApiProperty(OPTIONAL_TEXT)
  timezone: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt: Date;

  static of({ id, email, displayName, emailVerified, role, locale, timezone, createdAt }: Person): AccountUserView {
    return { id, email, displayName, emailVerified, role, locale, timezone, createdAt };
  }
}

/** Where a person belongs. */
export class AccountTenantView {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty()
  name: string;

  @ApiProperty({ enum: ['standard'], description: 'There is one plan; clients of the family expect its name.' })
  planType: 'standard';
}

export class TokensView {
  @ApiProperty({ description: 'For `/auth/*` and the exchange, a quarter of an hour.' })
  accessToken: string;

  @ApiPropertyOptional({ description: 'Good once. Absent where it is in a cookie.' })
  refreshToken?: string;

  @ApiProperty({ type: 'integer', description: 'Seconds of the access token.' })
  expiresIn: number;

  static of({ accessToken, refreshToken, expiresIn }: SessionTokens, withRefresh: boolean): TokensView {
    return { accessToken, ...(withRefresh && { refreshToken }), expiresIn };
  }
}

/** Who is signed in. */
export class MeView {
  @ApiProperty({ type: AccountUserView })
  user: AccountUserView;

  @ApiProperty({ type: AccountTenantView })
  tenant: AccountTenantView;

  static of(person: Person): MeView {
    const { tenantId: id, tenantName: name } = person;
    return { user: AccountUserView.of(person), tenant: { id, name, planType: 'standard' } };
  }
}

/** The answer of the routes that sign somebody in. */
export class SignedInView extends MeView {
  @ApiProperty({ type: TokensView })
  tokens: TokensView;
}

/** The next pair, in the form of the family and in that of the other routes. */
export class RefreshedView extends TokensView {
  @ApiProperty({ type: TokensView })
  tokens: TokensView;
}

export class MessageView {
  @ApiProperty()
  message: string;
}

/** One sign-in of a person. */
export class SessionView {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ example: 'password' })
  method: string;

  @ApiProperty(OPTIONAL_TEXT)
  address: string | null;

  @ApiProperty(OPTIONAL_TEXT)
  userAgent: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt: Date;

  @ApiProperty(MOMENT)
  lastUsedAt: Date | null;

  @ApiProperty({ format: 'date-time' })
  expiresAt: Date;

  @ApiProperty({ description: 'Whether it is the one that asks.' })
  current: boolean;

  static of(session: SessionRecord, currentId: string): SessionView {
    const { id, method, address, userAgent, createdAt, refreshedAt, expiresAt } = session;
    return { id, method, address, userAgent, createdAt, lastUsedAt: refreshedAt, expiresAt, current: id === currentId };
  }
}

export class SessionPageView {
  @ApiProperty({ type: [SessionView] })
  items: readonly SessionView[];

  @ApiProperty({ type: String, nullable: true, description: 'Always null: all of them are shown.' })
  nextCursor: null;
}

/** What a sign-up page has to ask for. */
export class RegistrationView {
  @ApiProperty({ enum: REGISTRATIONS })
  mode: RegistrationState['mode'];

  @ApiProperty({ description: 'Nobody has signed up: the setup code makes the owner of the house.' })
  awaitsFirstUser: boolean;

  @ApiProperty({ enum: EMAIL_VERIFICATIONS })
  emailVerification: RegistrationState['emailVerification'];

  static of({ mode, awaitsFirstUser, emailVerification }: RegistrationState): RegistrationView {
    return { mode, awaitsFirstUser, emailVerification };
  }
}
