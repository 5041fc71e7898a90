import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The last row of a tenant's audit, noted by the database when it was written. */
@Entity({ name: 'audit_heads' })
export class AuditHead {
  @PrimaryColumn({ name: 'tenant_id', type: 'uuid' })
  tenantId: string;

  @Column({ name: 'seq', type: 'bigint', transformer: { from: Number, to: (seq: unknown) => seq } })
  seq: number;

  @Column({ name: 'hash', type: 'char', length: 64 })
  hash: string;
}
