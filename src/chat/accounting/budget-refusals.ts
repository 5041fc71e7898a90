import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { type Counter, METRICS, type Metrics } from '../../kernel/metrics.js';
import type { ModelCall } from '../model-call.js';
import { budgetKey, type StandingBudget } from './budget.js';

/** Calls that a budget had no room for: in the audit of their tenant, once a minute for each caller, and counted. */
@Injectable()
export class BudgetRefusals {
  private readonly count: Counter;

  constructor(
    private readonly audit: AuditService,
    @Inject(METRICS) metrics: Metrics,
  ) {
    this.count = metrics.counter({
      name: 'doorward_budget_refusals_total',
      help: 'Calls to models that were refused because a budget had no room for them',
      labels: ['scope', 'period'],
    });
  }

  note(budget: StandingBudget, { caller, requestId }: ModelCall): void {
    this.count.add([budget.scope, budget.period]);
    const { tenantId, method, subject } = caller;
    const action = 'budget.refused';
    const target = `budget:${budget.id}`;
    const many = { tenantId, actor: 'gateway', action, target, detail: { name: budgetKey(budget) } };
    const entry = { ...many, actor: `${method}:${subject}`, requestId };
    this.audit.noteOften(`${action} ${tenantId} ${budget.id} ${entry.actor}`, entry, {
      kind: `${action} ${tenantId} ${budget.id}`,
      entry: many,
    });
  }
}
