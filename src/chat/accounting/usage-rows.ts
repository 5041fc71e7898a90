import { Injectable } from '@nestjs/common';
import { Database } from '../../storage/database.js';
import type { UsageBatch } from './ledger.js';

/** How long the name of a batch is remembered. Nobody sends one again after that. */
const REMEMBERED = `interval '1 day'`;

/** The lines of usage in the database. */
@Injectable()
export class UsageRows {
  constructor(private readonly database: Database) {}

  /** Without a database there is nowhere to write. */
  get areKept(): boolean {
    return this.database.mode !== 'none';
  }

  /**
   * Adds the lines of a batch, whole or not at all, and once, however often it is sent. In one order, so that replicas
   * do not wait for one another in a circle. Rejects with Unavailable; nobody knows then whether it was written.
   */
  async write({ id, lines }: UsageBatch): Promise<void> {
    const rows = lines.map((line) => ({ ...line, hour: new Date(line.hour).toISOString() }));
    await this.database.query(WRITE, [id, JSON.stringify(rows)]);
  }

  /** Of all tenants: lines that are older than so many days, at most `most` of them. Returns how many there were. */
  async removeOld(days: number, most: number): Promise<number> {
    return (await this.database.query(REMOVE_OLD, [days, most])).length;
  }
}

/** A tenant that was removed meanwhile takes its usage along. Two lines may become one where their texts were cut. */
const WRITE = `
  WITH old AS (DELETE FROM model_usage_batches WHERE written_at < now() - ${REMEMBERED}),
  batch AS (INSERT INTO model_usage_batches (id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id)
  INSERT INTO model_usage AS u (tenant_id, hour, user_key, device_id, agent, session_key, provider, model,
                                calls, unpriced, input_tokens, cached_tokens, output_tokens, cost)
  SELECT l."tenantId", l.hour, l."user", l.device, l.agent, l.session, l.provider, l.model,
         sum(l.calls), sum(l.unpriced), sum(l.input), sum(l.cached), sum(l.output), sum(l.cost)
    FROM jsonb_to_recordset($2::jsonb) AS l("tenantId" uuid, hour timestamptz, "user" text, device text, agent text,
           session text, provider text, model text, calls bigint, unpriced bigint, input bigint, cached bigint,
           output bigint, cost bigint)
    JOIN tenants t ON t.id = l."tenantId"
   WHERE EXISTS (SELECT FROM batch)
   GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
   ORDER BY 1, 2, 3, 5, 7, 8, 4, 6
  ON CONFLICT (tenant_id, hour, user_key, agent, provider, model, device_id, session_key) DO UPDATE
    SET calls = u.calls + excluded.calls, unpriced = u.unpriced + excluded.unpriced,
        input_tokens = u.input_tokens + excluded.input_tokens, cached_tokens = u.cached_tokens + excluded.cached_tokens,
        output_tokens = u.output_tokens + excluded.output_tokens, cost = u.cost + excluded.cost`;

/** The running month stays: a budget that is set now counts what was used in it. Tenant by tenant, as the index has them. */
const REMOVE_OLD = `
  DELETE FROM model_usage WHERE id IN (
    SELECT old.id FROM tenants t CROSS JOIN LATERAL (
      SELECT u.id FROM model_usage u
       WHERE u.tenant_id = t.id
         AND u.hour < (SELECT least(now() - make_interval(days => $1), doorward_budget_window('month')))
       LIMIT $2) old
     LIMIT $2)
  RETURNING id`;
