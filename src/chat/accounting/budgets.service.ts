import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import { ConfigService } from '../../config/config.service.js';
import { Refused } from '../../kernel/errors.js';
import { HOUSE_TENANT, type Identity } from '../../kernel/identity.js';
import { Database } from '../../storage/database.js';
import { catalogue } from '../targets/catalogue.js';
import { dollars } from './amount.js';
import { budgetKey, type Limits, type StandingBudget } from './budget.js';
import { BUDGET_RECORDS, type BudgetRecord, readBudget, userKeyOf } from './budget-rows.js';
import { LedgerFlush } from './ledger-flush.js';
import { StandingBudgets } from './standing-budgets.js';

export type { BudgetRecord } from './budget-rows.js';

/** Who changes a budget, in which tenant, and in which request. */
export interface BudgetActing {
  readonly caller: Identity;
  readonly tenantId: string;
  readonly requestId: string;
}

/** What a budget is called: the name of a user may be an e-mail address, that of the tenant its id. */
export type BudgetName = Pick<StandingBudget, 'scope' | 'name' | 'period'>;

/**
 * How much tenants, people and agents may use. A tenant's own budget is set by the house, which pays; those of its people,
 * and of what it asks of an agent, by its administrators too.
 */
@Injectable()
export class BudgetsService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly config: ConfigService,
    private readonly standing: StandingBudgets,
    private readonly books: LedgerFlush,
  ) {}

  /** A page of a tenant's budgets, or for the house of all, newest first; `after` is the id of the last one seen. */
  async list(tenantId: string | 'all', limit: number, after?: string): Promise<BudgetRecord[]> {
    const sql = `${BUDGET_RECORDS} WHERE ($1::uuid IS NULL OR b.tenant_id = $1)
        AND ($3::uuid IS NULL OR (b.created_at, b.id) < (SELECT created_at, id FROM budgets WHERE id = $3))
      ORDER BY b.created_at DESC, b.id DESC LIMIT $2`;
    if (tenantId === 'all') return this.database.query<BudgetRecord>(sql, [null, limit, after ?? null]);
    return this.database.asTenant(tenantId, (manager) =>
      manager.query<BudgetRecord[]>(sql, [tenantId, limit, after ?? null]),
    );
  }

  /** Throws Refused('not_found'). */
  get(id: string, tenantId: string): Promise<BudgetRecord> {
    return this.database.asTenant(tenantId, (manager) => readBudget(id, tenantId, manager));
  }

  /**
   * Sets a budget: makes it, or changes how large it is. It holds at once on this gateway, and on every other within a
   * second. What was used in this day or month before counts; one without end begins with nothing. Throws Refused:
   * 'not_found' for a user or an agent that there is none of for the tenant, 'missing_scope' for a tenant's own.
   */
  async set(name: BudgetName, limits: Limits, acting: BudgetActing): Promise<BudgetRecord> {
    mayDealWith(name.scope, acting);
    await this.books.flush();
    const budget = await this.within(name.scope, acting, async (manager) => {
      const subject = await subjectOf(name, acting.tenantId, manager);
      if (name.scope === 'agent' && !catalogue(this.config.current, acting.tenantId).agent(subject))
        throw new Refused('not_found', { message: 'no such agent' });
      const identity = [acting.tenantId, name.scope, subject, name.period];
      const [before] = await manager.query<{ id: string }[]>(
        `SELECT id FROM budgets WHERE tenant_id = $1 AND scope = $2 AND subject = $3 AND period = $4 FOR UPDATE`,
        identity,
      );
      const values = [...identity, limits.cost, limits.tokens];
      const [row] = await manager.query<{ id: string }[]>(SET, [...values, acting.tenantId === HOUSE_TENANT]);
      const made = await readBudget(row!.id, acting.tenantId, manager);
      await this.record(before ? 'budget.changed' : 'budget.created', made, acting, manager);
      return made;
    });
    await this.standing.reread(budget.id);
    return budget;
  }

  /** Changes how large a budget is that is named by its id. Throws Refused as `set`. */
  async change(id: string, limits: Limits, acting: BudgetActing): Promise<BudgetRecord> {
    const { scope, subject: name, period } = await this.get(id, acting.tenantId);
    return this.set({ scope, name, period }, limits, acting);
  }

  /** Takes a budget away: it bounds nobody any more. Throws Refused as `set`. */
  async remove(id: string, acting: BudgetActing): Promise<void> {
    const { scope } = await this.get(id, acting.tenantId);
    mayDealWith(scope, acting);
    await this.database.asTenant(acting.tenantId, async (manager) => {
      const budget = await readBudget(id, acting.tenantId, manager);
      await manager.query(`DELETE FROM budgets WHERE id = $1`, [id]);
      await this.record('budget.removed', budget, acting, manager);
    });
    await this.standing.reread(id);
  }

  /**
   * The id of a budget that was named in words, also of one whose user or agent is there no longer. Throws
   * Refused('not_found').
   */
  async find(name: BudgetName, tenantId: string): Promise<string> {
    return this.database.asTenant(tenantId, async (manager) => {
      const subject = await subjectOf(name, tenantId, manager, 'also-removed');
      const [row] = await manager.query<{ id: string }[]>(
        `SELECT id FROM budgets WHERE tenant_id = $1 AND scope = $2 AND subject = $3 AND period = $4`,
        [tenantId, name.scope, subject, name.period],
      );
      if (!row) throw new Refused('not_found', { message: 'no such budget' });
      return row.id;
    });
  }

  /** An agent's budget of the house counts the use of every tenant, which no single tenant's transaction would see. */
  private within<T>(
    scope: BudgetName['scope'],
    { tenantId }: BudgetActing,
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    if (scope === 'agent' && tenantId === HOUSE_TENANT) return this.database.transaction(work);
    return this.database.asTenant(tenantId, work);
  }

  private async record(
    action: string,
    budget: BudgetRecord,
    { caller, tenantId, requestId }: BudgetActing,
    manager: EntityManager,
  ): Promise<void> {
    const usd = budget.limitCost === null ? null : dollars(budget.limitCost);
    const detail = { name: budgetKey(budget), usd, tokens: budget.limitTokens };
    const actor = `${caller.method}:${caller.subject}`;
    await this.audit.append({ tenantId, actor, action, target: `budget:${budget.id}`, requestId, detail }, manager);
  }
}

/** What a name stands for in the rows. Throws Refused('not_found') for somebody who is not of the tenant. */
async function subjectOf(
  { scope, name }: BudgetName,
  tenantId: string,
  manager: EntityManager,
  whose: 'present' | 'also-removed' = 'present',
): Promise<string> {
  if (scope === 'user') return userKeyOf(name, tenantId, manager, whose);
  return scope === 'tenant' ? tenantId : name.toLowerCase();
}

function mayDealWith(scope: BudgetName['scope'], { caller }: BudgetActing): void {
  if (scope !== 'tenant' || caller.tenantId === HOUSE_TENANT) return;
  throw new Refused('missing_scope', {
    scope: 'operator.admin',
    message: 'missing scope: operator.admin of the house, which sets the budget of a tenant',
  });
}

/** What was used since the period began counts from the first moment on. */
const SET = `
  INSERT INTO budgets AS b (tenant_id, scope, subject, period, limit_cost, limit_tokens, window_start, spent_cost, spent_tokens)
  SELECT $1, $2, $3, $4, $5, $6, doorward_budget_window($4),
         coalesce(sum(u.cost), 0), coalesce(sum(u.input_tokens + u.output_tokens), 0)
    FROM model_usage u
   WHERE $4 <> 'total' AND u.hour >= doorward_budget_window($4)
     AND (u.tenant_id = $1 OR $7 AND $2 = 'agent')
     AND CASE $2 WHEN 'user' THEN u.user_key = $3 WHEN 'agent' THEN u.agent = $3 ELSE true END
  ON CONFLICT (tenant_id, scope, subject, period) DO UPDATE
    SET limit_cost = excluded.limit_cost, limit_tokens = excluded.limit_tokens, updated_at = now()
  RETURNING b.id`;
