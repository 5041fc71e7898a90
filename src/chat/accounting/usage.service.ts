import { Injectable } from '@nestjs/common';
import { Database } from '../../storage/database.js';
import { LedgerFlush } from './ledger-flush.js';
import { userIdOf } from './user-key.js';

/** What usage can be told apart by, each as a text. Days and months are those of UTC. */
// prettier-ignore
const DIMENSIONS = {
  hour:     `to_char(m.hour AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:00:00"Z"')`,
  day:      `to_char(m.hour AT TIME ZONE 'UTC', 'YYYY-MM-DD')`,
  month:    `to_char(m.hour AT TIME ZONE 'UTC', 'YYYY-MM')`,
  tenant:   `m.tenant_id::text`,
  user:     `m.user_key`,
  device:   `m.device_id`,
  agent:    `m.agent`,
  session:  `m.session_key`,
  provider: `m.provider`,
  model:    `m.provider || '/' || m.model`,
} as const;

export type UsageDimension = keyof typeof DIMENSIONS;
export const USAGE_DIMENSIONS = Object.keys(DIMENSIONS) as readonly UsageDimension[];

/** Which use is meant; what is undefined is open. */
export interface UsageFilter {
  /** Of one tenant; undefined: of all, for the house. */
  readonly tenantId: string | undefined;
  readonly from: Date;
  /** Exclusive. Use is kept by the hour: an hour that began before counts whole. */
  readonly to: Date;
  /** A key, the id of a user, or an e-mail address. */
  readonly user?: string;
  readonly device?: string;
  readonly agent?: string;
  readonly session?: string;
  readonly provider?: string;
  /** As the provider names it, or as `provider/model`. */
  readonly model?: string;
  /** Only what this caller used: a key (`userKey`), and a device where there is no key. */
  readonly own?: { readonly user: string; readonly device: string };
}

/** What was used by all that has these values in common. Money in billionths of a US dollar. */
export interface UsageRecord {
  readonly values: readonly string[];
  /** The address of the user, where they are told apart and have one. */
  readonly email: string | null;
  readonly calls: number;
  readonly unpriced: number;
  readonly input: number;
  readonly cached: number;
  readonly output: number;
  readonly cost: number;
}

/** What models were used for, as it was written down. */
@Injectable()
export class UsageService {
  constructor(
    private readonly database: Database,
    private readonly books: LedgerFlush,
  ) {}

  /**
   * A page of use, summed up by `groupBy` and in its order; `after` are the values of the last one seen. What this
   * gateway knows counts up to this moment, what others know up to a second ago.
   */
  async read(
    filter: UsageFilter,
    groupBy: readonly UsageDimension[],
    limit: number,
    after?: readonly string[],
  ): Promise<UsageRecord[]> {
    await this.books.flush();
    const { sql, parameters } = statement(filter, groupBy, limit, after);
    if (filter.tenantId === undefined) return this.database.query<UsageRecord>(sql, parameters);
    return this.database.asTenant(filter.tenantId, (manager) => manager.query<UsageRecord[]>(sql, parameters));
  }
}

function statement(
  { tenantId, from, to, user, device, agent, session, provider, model, own }: UsageFilter,
  groupBy: readonly UsageDimension[],
  limit: number,
  after?: readonly string[],
): { sql: string; parameters: unknown[] } {
  const parameters: unknown[] = [];
  const bind = (value: unknown): string => `$${parameters.push(value)}`;
  const conditions = [`m.hour >= date_trunc('hour', ${bind(from)}::timestamptz)`, `m.hour < ${bind(to)}::timestamptz`];
  const only = (column: string, value: string | undefined): unknown =>
    value !== undefined && conditions.push(`${column} = ${bind(value)}`);
  only('m.tenant_id', tenantId);
  only('m.device_id', device);
  only('m.agent', agent);
  only('m.session_key', session);
  only('m.provider', provider);
  only('m.user_key', own?.user);
  if (own?.user === '') only('m.device_id', own.device);
  if (model !== undefined) conditions.push(`${bind(model)} IN (m.model, m.provider || '/' || m.model)`);
  if (user !== undefined) {
    const name = bind(user);
    conditions.push(
      `(m.user_key = ${name} OR m.user_key IN (SELECT id::text FROM users WHERE email = lower(${name})))`,
    );
  }

  const keys = groupBy.map((_, n) => `k${n}`);
  const columns = groupBy.map((dimension, n) => `${DIMENSIONS[dimension]} COLLATE "C" AS k${n}, `).join('');
  const byUser = groupBy.indexOf('user');
  const rest = after && keys.length > 0 ? `WHERE (${keys.join(', ')}) > (${after.map(bind).join(', ')})` : '';
  const sql = `
    SELECT ARRAY[${keys.map((key) => `g.${key}`).join(', ')}]::text[] AS values,
           ${byUser === -1 ? 'NULL' : `(SELECT email FROM users WHERE id = ${userIdOf(`g.k${byUser}`)})`} AS email,
           g.calls, g.unpriced, g.input, g.cached, g.output, g.cost
      FROM (SELECT ${columns}coalesce(sum(m.calls), 0)::bigint AS calls, coalesce(sum(m.unpriced), 0)::bigint AS unpriced,
                   coalesce(sum(m.input_tokens), 0)::bigint AS input, coalesce(sum(m.cached_tokens), 0)::bigint AS cached,
                   coalesce(sum(m.output_tokens), 0)::bigint AS output, coalesce(sum(m.cost), 0)::bigint AS cost
              FROM model_usage m WHERE ${conditions.join(' AND ')}
             ${keys.length > 0 ? `GROUP BY ${keys.join(', ')}` : ''}) g
     ${rest} ${keys.length > 0 ? `ORDER BY ${keys.join(', ')}` : ''} LIMIT ${bind(limit)}`;
  return { sql, parameters };
}
