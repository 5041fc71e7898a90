import type { EntityManager } from 'typeorm';
import { Refused } from '../../kernel/errors.js';
import type { BudgetPeriod, BudgetScope } from './budget.js';
import { userIdOf } from './user-key.js';

/** A budget as those who look after it see it. Amounts of money in billionths of a US dollar. */
export interface BudgetRecord {
  readonly id: string;
  readonly tenantId: string;
  readonly scope: BudgetScope;
  readonly subject: string;
  readonly name: string;
  readonly period: BudgetPeriod;
  readonly limitCost: number | null;
  readonly limitTokens: number | null;
  readonly spentCost: number;
  readonly spentTokens: number;
  /** What gateways hold for calls that run, or will in the next moment. */
  readonly reservedCost: number;
  readonly reservedTokens: number;
  /** When the period began; null for one without beginning and end. */
  readonly startedAt: Date | null;
  readonly endsAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Whose budget `b` is, as `u`, where it is somebody's who has a name. */
export const USER_OF_BUDGET = `
  LEFT JOIN users u ON b.scope = 'user' AND u.id = ${userIdOf('b.subject')} AND u.tenant_id = b.tenant_id`;

/** Ready for a WHERE; `b` is the budget. One whose period is over, and that nobody has used since, counts from nothing. */
export const BUDGET_RECORDS = `
  SELECT b.id, b.tenant_id AS "tenantId", b.scope, b.subject, coalesce(u.email, b.subject) AS name, b.period,
         b.limit_cost AS "limitCost", b.limit_tokens AS "limitTokens",
         CASE WHEN b.window_start >= w.start THEN b.spent_cost ELSE 0 END AS "spentCost",
         CASE WHEN b.window_start >= w.start THEN b.spent_tokens ELSE 0 END AS "spentTokens",
         l.cost AS "reservedCost", l.tokens AS "reservedTokens",
         CASE b.period WHEN 'total' THEN NULL ELSE w.start END AS "startedAt",
         CASE b.period WHEN 'total' THEN NULL
              ELSE (w.start AT TIME ZONE 'UTC' + ('1 ' || b.period)::interval) AT TIME ZONE 'UTC' END AS "endsAt",
         b.created_at AS "createdAt", b.updated_at AS "updatedAt"
    FROM budgets b
    CROSS JOIN LATERAL (SELECT doorward_budget_window(b.period) AS start) w
    CROSS JOIN LATERAL (SELECT coalesce(sum(cost), 0)::bigint AS cost, coalesce(sum(tokens), 0)::bigint AS tokens
                          FROM budget_leases l
                         WHERE l.budget_id = b.id AND l.window_start = w.start AND NOT l.charged) l
    ${USER_OF_BUDGET}`;

/** A budget of a tenant. Throws Refused('not_found'). */
export async function readBudget(id: string, tenantId: string, manager: EntityManager): Promise<BudgetRecord> {
  const [found] = await manager.query<BudgetRecord[]>(`${BUDGET_RECORDS} WHERE b.id = $1 AND b.tenant_id = $2`, [
    id,
    tenantId,
  ]);
  if (!found) throw new Refused('not_found', { message: 'no such budget' });
  return found;
}

const KEYS_OF_OTHERS = /^(service:[0-9a-f-]{36}|(tailscale|trusted-proxy):.+)$/;

/**
 * Under which key the use of a person is kept who was named by e-mail address, by id, or by that key itself. Throws
 * Refused('not_found') for somebody who is not of this tenant.
 */
export async function userKeyOf(
  name: string,
  tenantId: string,
  manager: EntityManager,
  whose: 'present' | 'also-removed' = 'present',
): Promise<string> {
  if (KEYS_OF_OTHERS.test(name)) return name;
  const [user] = await manager.query<{ id: string }[]>(
    `SELECT id FROM users
      WHERE tenant_id = $1 AND (id = ${userIdOf('lower($2)')} OR email = lower($2)) AND ($3 OR status <> 'deleted')`,
    [tenantId, name, whose === 'also-removed'],
  );
  if (!user) throw new Refused('not_found', { message: 'no such user in this tenant' });
  return user.id;
}
