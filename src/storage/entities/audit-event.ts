import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Something that happened in a tenant, written once. Each row carries the hash of the one before it. */
@Entity({ name: 'audit_events' })
export class AuditEvent {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  /** 1, 2, 3 … within the tenant, without a gap. */
  @PrimaryColumn({ name: 'seq', type: 'bigint', transformer: { from: Number, to: (seq: unknown) => seq } })
  seq: number;

  @Column({ name: 'at', type: 'timestamptz' })
  at: Date;

  /** Who did it: method and subject of an identity, or a part of the gateway. */
  @Column({ name: 'actor', type: 'text' })
  actor: string;

  /** What was done: `gateway-token.revoked`. */
  @Column({ name: 'action', type: 'text' })
  action: string;

  /** What it was done to: `gateway-token:<id>`. */
  @Column({ name: 'target', type: 'text', nullable: true })
  target: string | null;

  @Column({ name: 'request_id', type: 'text', nullable: true })
  requestId: string | null;

  @Column({ name: 'detail', type: 'jsonb', default: {} })
  detail: Record<string, unknown>;

  /** Hash of the row before, 64 zeros for the first. */
  @Column({ name: 'previous_hash', type: 'char', length: 64 })
  previousHash: string;

  @Column({ name: 'hash', type: 'char', length: 64 })
  hash: string;
}
