import { ApiProperty } from '@nestjs/swagger';
import type { InvitationRecord } from '../accounts/invitations.service.js';
import { USER_ROLES, type UserRole } from '../accounts/roles.js';
import type { UserRecord } from '../accounts/users.service.js';

/** A person of a tenant: nothing of how they sign in. */
export class UserView {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ format: 'uuid' })
  tenantId: string;

  @ApiProperty()
  email: string;

  @ApiProperty({ type: String, nullable: true })
  displayName: string | null;

  @ApiProperty({ enum: USER_ROLES })
  role: UserRole;

  @ApiProperty({ enum: ['active', 'suspended', 'deactivated', 'deleted'] })
  status: string;

  @ApiProperty({ description: 'Whether it was shown that they read mail at this address.' })
  emailVerified: boolean;

  @ApiProperty({ format: 'date-time' })
  createdAt: Date;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Their last sign-in.' })
  signedInAt: Date | null;

  static of(user: UserRecord): UserView {
    const { id, tenantId, email, displayName, role, status, emailVerified, createdAt, signedInAt } = user;
    return { id, tenantId, email, displayName, role, status, emailVerified, createdAt, signedInAt };
  }
}

/** A page of people. */
export class UserPageView {
  @ApiProperty({ type: [UserView] })
  items: readonly UserView[];

  @ApiProperty({ type: String, nullable: true, description: 'Where the next page begins; null on the last one.' })
  nextCursor: string | null;
}

/** How many sign-ins were ended. */
export class EndedSessionsView {
  @ApiProperty({ type: 'integer' })
  ended: number;
}

/** An open invitation in a list: never its code, of which only a digest exists. */
export class InvitationView {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ format: 'uuid' })
  tenantId: string;

  @ApiProperty()
  email: string;

  @ApiProperty({ enum: USER_ROLES })
  role: UserRole;

  @ApiProperty({ description: 'Method and subject of who made it.' })
  invitedBy: string;

  @ApiProperty({ format: 'date-time' })
  createdAt: Date;

  @ApiProperty({ format: 'date-time' })
  expiresAt: Date;

  static of({ id, tenantId, email, role, invitedBy, createdAt, expiresAt }: InvitationRecord): InvitationView {
    return { id, tenantId, email, role, invitedBy, createdAt, expiresAt };
  }
}

/** An invitation in the answer that makes it: the only time that its code is shown. */
export class NewInvitationView extends InvitationView {
  @ApiProperty({ description: 'To be given at sign-up, as `invitation`. Good for this address alone, once.' })
  code: string;

  @ApiProperty({ description: 'The page where it is accepted; the code stands behind the #.' })
  link: string;

  @ApiProperty({ description: 'Whether it is on its way by mail.' })
  mailed: boolean;
}

/** A page of invitations. */
export class InvitationPageView {
  @ApiProperty({ type: [InvitationView] })
  items: readonly InvitationView[];

  @ApiProperty({ type: String, nullable: true })
  nextCursor: string | null;
}
