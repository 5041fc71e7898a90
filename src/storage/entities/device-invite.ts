import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { Role, Scope } from '../../kernel/scopes.js';

/** A setup link: lets one device in without a person, once, with what its maker could grant. */
@Entity({ name: 'device_invites' })
export class DeviceInvite {
  @PrimaryGeneratedColumn('uuid', { name: 'id' })
  id: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  /** `digest(token)` of kernel/crypto: 64 lower-case hex characters. */
  @Column({ name: 'token_digest', type: 'char', length: 64 })
  tokenDigest: string;

  /** The first letters of the token behind its prefix: by them a guess at this very link is known (S102). */
  @Column({ name: 'handle', type: 'text', nullable: true })
  handle: string | null;

  /** How often it was guessed at. */
  @Column({ name: 'guesses', type: 'integer', default: 0 })
  guesses: number;

  @Column({ name: 'role', type: 'text' })
  role: Role;

  @Column({ name: 'scopes', type: 'text', array: true, default: '{}' })
  scopes: Scope[];

  /** Method and subject of the identity that made it. */
  @Column({ name: 'created_by', type: 'text' })
  createdBy: string;

  /** The identity that made it, whose standing is looked at again when it is used. */
  @Column({ name: 'maker', type: 'jsonb', default: {} })
  maker: Record<string, unknown>;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;

  @Column({ name: 'used_at', type: 'timestamptz', nullable: true })
  usedAt: Date | null;

  /** The device that came in by it. */
  @Column({ name: 'used_by', type: 'text', nullable: true })
  usedBy: string | null;
}
