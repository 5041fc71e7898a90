import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { Role, Scope } from '../../kernel/scopes.js';

export const PAIRING_STATUSES = ['pending', 'approved', 'rejected', 'expired', 'superseded'] as const;
export type PairingStatus = (typeof PAIRING_STATUSES)[number];

/** A device asks to be let in, or for more than it was given. At most one per device is pending. */
@Entity({ name: 'pairing_requests' })
export class PairingRequest {
  @PrimaryGeneratedColumn('uuid', { name: 'id' })
  id: string;

  @Column({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @Column({ name: 'device_id', type: 'text' })
  deviceId: string;

  @Column({ name: 'public_key', type: 'text', nullable: true })
  publicKey: string | null;

  @Column({ name: 'display_name', type: 'text', nullable: true })
  displayName: string | null;

  @Column({ name: 'platform', type: 'text', nullable: true })
  platform: string | null;

  @Column({ name: 'device_family', type: 'text', nullable: true })
  deviceFamily: string | null;

  @Column({ name: 'client_id', type: 'text', nullable: true })
  clientId: string | null;

  @Column({ name: 'client_mode', type: 'text', nullable: true })
  clientMode: string | null;

  @Column({ name: 'role', type: 'text' })
  role: Role;

  @Column({ name: 'scopes', type: 'text', array: true, default: '{}' })
  scopes: Scope[];

  /** What a node declares that it can do. */
  @Column({ name: 'caps', type: 'text', array: true, default: '{}' })
  caps: string[];

  @Column({ name: 'commands', type: 'text', array: true, default: '{}' })
  commands: string[];

  @Column({ name: 'permissions', type: 'text', array: true, default: '{}' })
  permissions: string[];

  /** Where it came from; the bound on open requests counts by this (S095). */
  @Column({ name: 'remote_address', type: 'text', nullable: true })
  remoteAddress: string | null;

  /** May be approved without a person, since it came from this machine. */
  @Column({ name: 'silent', type: 'boolean', default: false })
  silent: boolean;

  /** The device was paired before. */
  @Column({ name: 'is_repair', type: 'boolean', default: false })
  isRepair: boolean;

  /** `ABCD-1234`, shown on both sides to be compared. */
  @Column({ name: 'code', type: 'text', nullable: true })
  code: string | null;

  /** Digest of what a device without a key fetches its token with, once. */
  @Column({ name: 'claim_digest', type: 'char', length: 64, nullable: true })
  claimDigest: string | null;

  @Column({ name: 'claimed_at', type: 'timestamptz', nullable: true })
  claimedAt: Date | null;

  /** How often a wrong secret was shown for it (S102). */
  @Column({ name: 'wrong_claims', type: 'integer', default: 0 })
  wrongClaims: number;

  @Column({ name: 'status', type: 'text', default: 'pending' })
  status: PairingStatus;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;

  @Column({ name: 'decided_at', type: 'timestamptz', nullable: true })
  decidedAt: Date | null;

  /** Subject of the identity that decided. */
  @Column({ name: 'decided_by', type: 'text', nullable: true })
  decidedBy: string | null;
}
