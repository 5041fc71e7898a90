/** A row of the audit as it stands in the database. */
export interface AuditRecord {
  readonly tenantId: string;
  /** 1, 2, 3 … within the tenant. */
  readonly seq: number;
  /** ISO 8601 in UTC, in milliseconds; finer only where it was not written by us. */
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly target: string | null;
  readonly requestId: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly previousHash: string;
  readonly hash: string;
}

/** Which rows. Each that is set must fit. */
export interface AuditFilter {
  /** `device.approved`, or `device.*` for all that begin so. */
  readonly action?: string;
  readonly actor?: string;
  /** The first moment, ISO 8601. */
  readonly from?: string;
  /** The moment before which it was. */
  readonly to?: string;
}

/** Columns of `audit_events e` for `recordOf`. The time with all its digits: one who writes rows past us may use them. */
export const COLUMNS = `
  e.tenant_id AS "tenantId", e.seq::float8 AS seq, e.actor, e.action, e.target, e.request_id AS "requestId", e.detail,
  to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, e.previous_hash AS "previousHash", e.hash`;

export function recordOf(row: AuditRecord): AuditRecord {
  const { tenantId, seq, at, actor, action, target, requestId, detail, previousHash, hash } = row;
  const moment = at.replace(/000Z$/, 'Z');
  return { tenantId, seq, at: moment, actor, action, target, requestId, detail, previousHash, hash };
}

/** What must hold of `audit_events e`, as SQL that begins with AND; its values are added to `parameters`. */
export function conditions({ action, actor, from, to }: AuditFilter, parameters: unknown[]): string {
  const isGroup = action?.endsWith('*') === true;
  const wanted: readonly (readonly [value: string | undefined, sql: (place: string) => string])[] = [
    [isGroup ? undefined : action, (place) => `e.action = ${place}`],
    [isGroup ? action!.slice(0, -1) : undefined, (place) => `starts_with(e.action, ${place})`],
    [actor, (place) => `e.actor = ${place}`],
    [from, (place) => `e.at >= ${place}::timestamptz`],
    [to, (place) => `e.at < ${place}::timestamptz`],
  ];
  return wanted
    .flatMap(([value, sql]) => (value === undefined ? [] : ` AND ${sql(`$${parameters.push(value)}`)}`))
    .join('');
}
