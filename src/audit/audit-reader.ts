import { Injectable } from '@nestjs/common';
import { Database } from '../storage/database.js';
import { type AuditFilter, type AuditRecord, COLUMNS, conditions, recordOf } from './audit-record.js';

/** The place of a row, where a page ended. */
export interface AuditPlace {
  readonly tenantId: string;
  readonly seq: number;
}

/** The end of a chain: its last row, and which row the database noted when the last was written. */
export interface ChainEnd {
  readonly last: number;
  readonly noted: { readonly seq: number; readonly hash: string } | undefined;
}

/** A row of a stretch, and where that ends; without a row when none of it fits, without an end past the last. */
type StretchRow = AuditRecord & { readonly until: number | null };

/** How many rows of a chain are looked at in one statement: some milliseconds of everybody else's time. */
const STRETCH = 500;

/** What happened, read again: of one tenant, or where none is named of all of them. */
@Injectable()
export class AuditReader {
  constructor(private readonly database: Database) {}

  /** A page of rows, the newest first; `after` is the last one seen. A place that is not there is followed by nothing. */
  async page(
    tenantId: string | undefined,
    filter: AuditFilter,
    limit: number,
    after?: AuditPlace,
  ): Promise<AuditRecord[]> {
    const parameters: unknown[] = [tenantId ?? null, limit, after?.tenantId ?? null, after?.seq ?? null];
    const sql = pageOf(conditions(filter, parameters));
    const rows = await (tenantId === undefined
      ? this.database.query<AuditRecord>(sql, parameters)
      : this.database.asTenant(tenantId, (manager) => manager.query<AuditRecord[]>(sql, parameters)));
    return rows.map(recordOf);
  }

  /** The tenants that have a chain, or may have one. */
  async tenants(): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(`SELECT id FROM tenants ORDER BY id`);
    return rows.map(({ id }) => id);
  }

  /** All rows of one tenant or, tenant by tenant, of every one, as `chain` gives them. */
  async *rows(tenantId: string | undefined, filter: AuditFilter): AsyncGenerator<AuditRecord[]> {
    const tenants = tenantId === undefined ? await this.tenants() : [tenantId];
    for (const one of tenants) yield* this.chain(one, filter);
  }

  /**
   * A tenant's rows in the order of its chain, some hundred at a time, up to `last`, or to the last one at the
   * beginning. What is written meanwhile is not among them. No statement takes long, however few of the rows fit.
   */
  async *chain(tenantId: string, filter: AuditFilter = {}, last?: number): AsyncGenerator<AuditRecord[]> {
    const parameters: unknown[] = [tenantId, 0, last ?? (await this.end(tenantId)).last, STRETCH];
    const sql = stretchOf(conditions(filter, parameters));
    for (;;) {
      const rows = await this.database.asTenant(tenantId, (manager) => manager.query<StretchRow[]>(sql, parameters));
      const { until } = rows[0]!;
      if (until === null) return;
      parameters[1] = until;
      const found = rows.filter(({ seq }) => seq !== null).map(recordOf);
      if (found.length > 0) yield found;
    }
  }

  /** Both of the same moment. */
  async end(tenantId: string): Promise<ChainEnd> {
    const [{ last, seq, hash }] = await this.database.asTenant(tenantId, (manager) =>
      manager.query<[{ last: number | null; seq: number | null; hash: string | null }]>(END, [tenantId]),
    );
    return { last: last ?? 0, noted: seq === null || hash === null ? undefined : { seq, hash } };
  }
}

const END = `
  SELECT e.last, h.seq::float8 AS seq, h.hash
    FROM (SELECT max(seq)::float8 AS last FROM audit_events WHERE tenant_id = $1) e
    LEFT JOIN audit_heads h ON h.tenant_id = $1`;

/** From each tenant as much as a page could hold, along the index of its times; then the newest of them all. */
const pageOf = (matches: string): string => `
  SELECT e.* FROM tenants n CROSS JOIN LATERAL (
    SELECT ${COLUMNS}, e.at AS moment FROM audit_events e
     WHERE e.tenant_id = n.id ${matches}
       AND ($3::uuid IS NULL OR (e.at, e.tenant_id, e.seq) <
           (SELECT c.at, c.tenant_id, c.seq FROM audit_events c WHERE c.tenant_id = $3 AND c.seq = $4))
     ORDER BY e.at DESC, e.seq DESC LIMIT $2) e
   WHERE $1::uuid IS NULL OR n.id = $1
   ORDER BY e.moment DESC, e."tenantId" DESC, e.seq DESC LIMIT $2`;

/** The next rows of a chain, and those of them that fit. */
const stretchOf = (matches: string): string => `
  WITH stretch AS (
    SELECT * FROM audit_events WHERE tenant_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4)
  SELECT w.until, r.* FROM (SELECT max(seq)::float8 AS until FROM stretch) w
    LEFT JOIN (SELECT ${COLUMNS} FROM stretch e WHERE true ${matches}) r ON true ORDER BY r.seq`;
