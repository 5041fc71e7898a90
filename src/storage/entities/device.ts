import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Role, Scope } from '../../kernel/scopes.js';

/** A paired device. What it may do is what was approved here, not what it asks for. */
@Entity({ name: 'devices' })
export class Device {
  /** Lower-case hex SHA-256 of the device's raw Ed25519 public key; a device without a key names itself. */
  @PrimaryColumn({ name: 'id', type: 'text' })
  id: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  /** base64url of the raw 32 bytes; null for a device that was paired by a code alone. */
  @Column({ name: 'public_key', type: 'text', nullable: true })
  publicKey: string | null;

  @Column({ name: 'display_name', type: 'text', nullable: true })
  displayName: string | null;

  /** Pinned at approval, like the device family: a change needs a new approval. */
  @Column({ name: 'platform', type: 'text', nullable: true })
  platform: string | null;

  @Column({ name: 'device_family', type: 'text', nullable: true })
  deviceFamily: string | null;

  @Column({ name: 'client_id', type: 'text', nullable: true })
  clientId: string | null;

  @Column({ name: 'client_mode', type: 'text', nullable: true })
  clientMode: string | null;

  @Column({ name: 'roles', type: 'text', array: true, default: '{}' })
  roles: Role[];

  @Column({ name: 'approved_scopes', type: 'text', array: true, default: '{}' })
  approvedScopes: Scope[];

  /** What a node may be used for: what was approved of what it declared. */
  @Column({ name: 'caps', type: 'text', array: true, default: '{}' })
  caps: string[];

  @Column({ name: 'commands', type: 'text', array: true, default: '{}' })
  commands: string[];

  @Column({ name: 'permissions', type: 'text', array: true, default: '{}' })
  permissions: string[];

  /** The address that its last request to be paired came from. */
  @Column({ name: 'remote_address', type: 'text', nullable: true })
  remoteAddress: string | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'approved_at', type: 'timestamptz', nullable: true })
  approvedAt: Date | null;

  /** Subject of the identity that approved it. */
  @Column({ name: 'approved_by', type: 'text', nullable: true })
  approvedBy: string | null;

  @Column({ name: 'last_seen_at', type: 'timestamptz', nullable: true })
  lastSeenAt: Date | null;

  /** Taken out of service; the row stays, so that its tokens are told "revoked" and not "unknown". */
  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt: Date | null;
}
