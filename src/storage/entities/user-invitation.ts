import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { UserRole } from './user.js';

/** Somebody of a tenant asks a person in, with a role. At most one per address and tenant is open. */
@Entity({ name: 'user_invitations' })
export class UserInvitation {
  @PrimaryGeneratedColumn('uuid', { name: 'id' })
  id: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  /** Lower-case. Only this address can accept. */
  @Column({ name: 'email', type: 'text' })
  email: string;

  @Column({ name: 'role', type: 'text' })
  role: UserRole;

  /** `digest(code)` of kernel/crypto: 64 lower-case hex characters. */
  @Column({ name: 'code_digest', type: 'char', length: 64 })
  codeDigest: string;

  /** Method and subject of the identity that made it. */
  @Column({ name: 'invited_by', type: 'text' })
  invitedBy: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;

  @Column({ name: 'accepted_at', type: 'timestamptz', nullable: true })
  acceptedAt: Date | null;
}
