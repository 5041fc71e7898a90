import { ApiProperty } from '@nestjs/swagger';
import { ROLES, type Role, SCOPES, type Scope } from '../kernel/scopes.js';
import type { Invite } from '../pairing/invites.service.js';

/** A setup link, in the answer that makes it: the only time that it is shown. */
export class InviteView {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ description: 'To be opened, scanned or pasted; the secret stands behind the #.' })
  link: string;

  @ApiProperty({ description: 'The same as a bare setup code, for clients that ask for one.' })
  setupCode: string;

  @ApiProperty({ enum: ROLES })
  role: Role;

  @ApiProperty({ enum: SCOPES, isArray: true })
  scopes: readonly Scope[];

  @ApiProperty({ format: 'date-time' })
  expiresAt: Date;

  static of({ id, role, scopes, expiresAt }: Invite, link: string, setupCode: string): InviteView {
    return { id, link, setupCode, role, scopes, expiresAt };
  }
}
