import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One of the tokens by which a sign-in is renewed. Used ones stay, so that a second use is noticed. */
@Entity({ name: 'refresh_tokens' })
export class RefreshToken {
  /** `digest(token)` of kernel/crypto: 64 lower-case hex characters. */
  @PrimaryColumn({ name: 'token_digest', type: 'char', length: 64 })
  tokenDigest: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @Column({ name: 'session_id', type: 'uuid' })
  sessionId: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;

  @Column({ name: 'used_at', type: 'timestamptz', nullable: true })
  usedAt: Date | null;
}
