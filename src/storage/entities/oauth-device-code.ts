import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { Scope } from '../../kernel/scopes.js';

export type DeviceCodeStatus = 'pending' | 'approved' | 'denied' | 'redeemed';

/** A client that waits for a person to let it in (RFC 8628). Of both its codes only digests are here. */
@Entity({ name: 'oauth_device_codes' })
export class OAuthDeviceCode {
  @PrimaryGeneratedColumn('uuid', { name: 'id' })
  id: string;

  /** What the client polls with. */
  @Column({ name: 'device_digest', type: 'char', length: 64 })
  deviceDigest: string;

  /** What the person types. */
  @Column({ name: 'user_code_digest', type: 'char', length: 64 })
  userCodeDigest: string;

  /** What the client calls itself; nothing proves it. */
  @Column({ name: 'client_id', type: 'text' })
  clientId: string;

  /** What it asks for; null for all that the person has. */
  @Column({ name: 'scopes', type: 'text', array: true, nullable: true })
  scopes: Scope[] | null;

  /** Whether it asks for a refresh token (scope `offline_access`). */
  @Column({ name: 'stays_signed_in', type: 'boolean', default: false })
  staysSignedIn: boolean;

  /** Where it asked from, as in `Evidence.source`. */
  @Column({ name: 'address', type: 'text' })
  address: string;

  @Column({ name: 'user_agent', type: 'text', nullable: true })
  userAgent: string | null;

  @Column({ name: 'status', type: 'text', default: 'pending' })
  status: DeviceCodeStatus;

  /** Seconds between two polls; five more each time that the client comes too early. */
  @Column({ name: 'interval_s', type: 'integer' })
  intervalS: number;

  @Column({ name: 'polled_at', type: 'timestamptz', nullable: true })
  polledAt: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;

  @Column({ name: 'decided_at', type: 'timestamptz', nullable: true })
  decidedAt: Date | null;

  /** Of the person who let it in. */
  @Column({ name: 'tenant_id', type: 'uuid', nullable: true })
  tenantId: string | null;

  @Column({ name: 'user_id', type: 'uuid', nullable: true })
  userId: string | null;
}
