import { hash } from 'node:crypto';
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

/** An entry, and how long ago it happened, in milliseconds: only the database's clock is written down. */
export type Happened = AuditEntry & { readonly agoMs?: number };

/** The hash before a tenant's first row. */
export const BEGINNING = '0'.repeat(64);

interface Last {
  readonly seq: string;
  readonly hash: string;
}

/**
 * Adds rows to the chain of their tenant, in this order, within the caller's transaction. All of them must be of one
 * tenant. Whoever else writes for that tenant waits for the commit, so that a chain cannot fork.
 */
export async function addToChain(entries: readonly Happened[], manager: EntityManager): Promise<void> {
  const tenantId = entries[0]!.tenantId;
  await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('audit:' || $1, 0))`, [tenantId]);
  const [last] = await manager.query<Last[]>(LAST, [tenantId]);
  const [{ now }] = await manager.query<[{ now: Date }]>(`SELECT date_trunc('milliseconds', clock_timestamp()) AS now`);

  let seq = Number(last?.seq ?? 0);
  let before = last?.hash ?? BEGINNING;
  const rows = entries.map(({ actor, action, target = null, requestId = null, detail = {}, agoMs = 0 }) => {
    const at = new Date(now.getTime() - Math.max(0, Math.round(agoMs))).toISOString();
    const row = { tenantId, seq: (seq += 1), at, actor, action, target, requestId, detail };
    const previous = before;
    before = linkOf(previous, row);
    return [row.seq, at, actor, action, target, requestId, JSON.stringify(detail), previous, before] as const;
  });
  const columns = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((column) => rows.map((row) => row[column]!));
  await manager.query(INSERT, [tenantId, ...columns]);
}

/**
 * What was noted of the end goes before the last row that is there: where the end was cut off, a row that followed the
 * rest would take the place of what is gone.
 */
const LAST = `
  SELECT seq, hash FROM (
    SELECT seq, hash, 1 AS place FROM audit_heads WHERE tenant_id = $1
    UNION ALL (SELECT seq, hash, 2 FROM audit_events WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1)) ends
   ORDER BY seq DESC, place LIMIT 1`;

/** The database notes the new end with it (migration 0013). Everything as text, which both databases take alike in arrays. */
const INSERT = `
  INSERT INTO audit_events (tenant_id, seq, at, actor, action, target, request_id, detail, previous_hash, hash)
  SELECT $1::uuid, seq, at::timestamptz, actor, action, target, request_id, detail::jsonb, previous_hash, hash
    FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
      AS row (seq, at, actor, action, target, request_id, detail, previous_hash, hash)`;

/** SHA-256 over the hash before and the row's JSON with its keys in order (the form of RFC 8785). */
export function linkOf(previous: string, row: Readonly<Record<string, unknown>>): string {
  return hash('sha256', `${previous}\n${stringify(row)}`, 'hex');
}
