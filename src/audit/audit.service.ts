import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { stringify } from 'safe-stable-stringify';
import type { EntityManager } from 'typeorm';

/** Something that happened, as it will be read years later. */
export interface AuditEntry {
  readonly tenantId: string;
  /** Who did it: the method and subject of an identity, `token:token`, or the gateway itself. */
  readonly actor: string;
  /** A noun and a verb: `device.approved`. */
  readonly action: string;
  /** What it was done to. */
  readonly target?: string;
  readonly requestId?: string;
  /** Plain values, never a secret. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** The hash before a tenant's first row. */
const BEGINNING = '0'.repeat(64);

interface Row {
  seq: string;
  hash: string;
}

/**
 * What happened, written once and chained: each row holds the hash of the one before it, so a row that is changed,
 * removed or put in between can be found (contract section 10). A tenant has a chain of its own.
 */
@Injectable()
export class AuditService {
  /** Writes the row within the caller's transaction: what is undone was never recorded, what is recorded was done. */
  async append(entry: AuditEntry, manager: EntityManager): Promise<void> {
    const { tenantId, actor, action, target = null, requestId = null, detail = {} } = entry;
    // One writer per tenant at a time, until its commit: a chain cannot fork.
    await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('audit:' || $1, 0))`, [tenantId]);
    const [last] = await manager.query<Row[]>(
      `SELECT seq, hash FROM audit_events WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1`,
      [tenantId],
    );
    const [{ at }] = await manager.query<[{ at: Date }]>(`SELECT date_trunc('milliseconds', clock_timestamp()) AS at`);
    const seq = Number(last?.seq ?? 0) + 1;
    const previous = last?.hash ?? BEGINNING;
    const link = linkOf(previous, { tenantId, seq, at: at.toISOString(), actor, action, target, requestId, detail });
    await manager.query(
      `INSERT INTO audit_events (tenant_id, seq, at, actor, action, target, request_id, detail, previous_hash, hash)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [tenantId, seq, at, actor, action, target, requestId, JSON.stringify(detail), previous, link],
    );
  }
}

/** SHA-256 over the hash before and the row's JSON with its keys in order (the form of RFC 8785). */
function linkOf(previous: string, row: Readonly<Record<string, unknown>>): string {
  return hash('sha256', `${previous}\n${stringify(row)}`, 'hex');
}
