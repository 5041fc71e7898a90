import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { Role, Scope } from '../../kernel/scopes.js';

/** What a device connects with in one role. At most one per device and role is not revoked. */
@Entity({ name: 'device_tokens' })
export class DeviceToken {
  @PrimaryGeneratedColumn('uuid', { name: 'id' })
  id: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @Column({ name: 'device_id', type: 'text' })
  deviceId: string;

  @Column({ name: 'role', type: 'text' })
  role: Role;

  @Column({ name: 'scopes', type: 'text', array: true, default: '{}' })
  scopes: Scope[];

  /** `digest(token)` of kernel/crypto: 64 lower-case hex characters. */
  @Column({ name: 'token_digest', type: 'char', length: 64 })
  tokenDigest: string;

  /** The token before this one, good until `previousEndsAt` and known as one of ours afterwards. */
  @Column({ name: 'previous_token_digest', type: 'char', length: 64, nullable: true })
  previousTokenDigest: string | null;

  @Column({ name: 'previous_ends_at', type: 'timestamptz', nullable: true })
  previousEndsAt: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'rotated_at', type: 'timestamptz', nullable: true })
  rotatedAt: Date | null;

  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt: Date | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt: Date | null;

  @Column({ name: 'last_used_at', type: 'timestamptz', nullable: true })
  lastUsedAt: Date | null;
}
