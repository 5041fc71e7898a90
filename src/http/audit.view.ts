import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { AuditRecord } from '../audit/audit-record.js';
import type { AuditVerdict } from '../audit/audit-verification.js';
import { FAULT_KINDS, type FaultKind } from '../audit/chain-check.js';

/** Something that happened. */
export class AuditEventView {
  @ApiProperty({ format: 'uuid' })
  tenantId: string;

  @ApiProperty({ description: '1, 2, 3 … within the tenant, without a gap.' })
  seq: number;

  @ApiProperty({ format: 'date-time' })
  at: string;

  @ApiProperty({ example: 'token:token', description: 'Who did it: a method and a subject, or a part of the gateway.' })
  actor: string;

  @ApiProperty({ example: 'device.approved' })
  action: string;

  @ApiProperty({ type: String, nullable: true, example: 'device:5f0c…', description: 'What it was done to.' })
  target: string | null;

  @ApiProperty({ type: String, nullable: true })
  requestId: string | null;

  @ApiProperty({ type: Object })
  detail: Readonly<Record<string, unknown>>;

  @ApiProperty({ description: 'The hash of the row before; 64 zeros for the first.' })
  previousHash: string;

  @ApiProperty({ description: 'SHA-256 over the hash before, a line feed, and the row in the form of RFC 8785.' })
  hash: string;

  static of(record: AuditRecord): AuditEventView {
    const { tenantId, seq, at, actor, action, target, requestId, detail, previousHash, hash } = record;
    return { tenantId, seq, at, actor, action, target, requestId, detail, previousHash, hash };
  }
}

export class AuditPageView {
  @ApiProperty({ type: [AuditEventView] })
  items: readonly AuditEventView[];

  @ApiProperty({ type: String, nullable: true, description: 'Where the next page begins; null on the last one.' })
  nextCursor: string | null;
}

class FaultView {
  @ApiProperty({ format: 'uuid' })
  tenantId: string;

  @ApiProperty({ description: 'The row that is wrong, or the first that is not there.' })
  seq: number;

  @ApiProperty({ enum: FAULT_KINDS })
  fault: FaultKind;
}

class HeadView {
  @ApiProperty()
  seq: number;

  @ApiProperty()
  hash: string;
}

/** Whether the audit is as it was written. */
export class AuditVerdictView {
  @ApiProperty()
  ok: boolean;

  @ApiProperty({ description: 'How many tenants were looked at.' })
  tenants: number;

  @ApiProperty({ description: 'How many rows were.' })
  rows: number;

  @ApiProperty()
  faultCount: number;

  @ApiProperty({ type: [FaultView], description: 'The first hundred.' })
  faults: readonly FaultView[];

  @ApiPropertyOptional({
    type: HeadView,
    description:
      'The last row of a single tenant. Kept elsewhere, it shows later that the end was cut off, whatever the database says.',
  })
  head?: HeadView;

  static of({ ok, tenants, rows, faultCount, faults, head }: AuditVerdict): AuditVerdictView {
    return {
      ok,
      tenants,
      rows,
      faultCount,
      faults: faults.map(({ tenantId, seq, fault }) => ({ tenantId, seq, fault })),
      ...(head && { head: { seq: head.seq, hash: head.hash } }),
    };
  }
}
