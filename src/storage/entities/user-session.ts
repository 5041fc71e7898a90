import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** One sign-in of a person; what was issued under it ends with it. */
@Entity({ name: 'user_sessions' })
export class UserSession {
  @PrimaryGeneratedColumn('uuid', { name: 'id' })
  id: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @Column({ name: 'user_id', type: 'uuid' })
  userId: string;

  /** How the person proved who they are: `password`, `oidc:<provider>`, `device`. */
  @Column({ name: 'method', type: 'text', default: 'password' })
  method: string;

  /** Where the sign-in came from, as in `Evidence.source`. */
  @Column({ name: 'address', type: 'text', nullable: true })
  address: string | null;

  @Column({ name: 'user_agent', type: 'text', nullable: true })
  userAgent: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt: Date | null;

  /** When its tokens were last renewed. */
  @Column({ name: 'refreshed_at', type: 'timestamptz', nullable: true })
  refreshedAt: Date | null;

  /** Why it ended before its time: `logout`, `replay`, `password-reset` … */
  @Column({ name: 'end_reason', type: 'text', nullable: true })
  endReason: string | null;
}
