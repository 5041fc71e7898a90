import type { BudgetPeriod, BudgetScope } from '../../storage/entities/budget.js';

export { BUDGET_PERIODS, BUDGET_SCOPES, type BudgetPeriod, type BudgetScope } from '../../storage/entities/budget.js';

/** How much may be used in each measure; null leaves the measure open. */
export interface Limits {
  readonly cost: number | null;
  readonly tokens: number | null;
}

/** A budget as calls are held against it. */
export interface StandingBudget {
  readonly id: string;
  readonly tenantId: string;
  readonly scope: BudgetScope;
  /** The id of the tenant, the key of the user (`userKey`), or the id of the agent. */
  readonly subject: string;
  /** How a person would name the subject: an e-mail address where there is one. */
  readonly name: string;
  readonly period: BudgetPeriod;
  readonly limits: Limits;
}

/** What names a budget within its tenant: `user:ana@example.com:day`. */
export const budgetKey = ({ scope, name, period }: Pick<StandingBudget, 'scope' | 'name' | 'period'>): string =>
  `${scope}:${name}:${period}`;

/** The parts of a budget's name; the middle one may hold colons. Undefined for what names none. */
export function parseBudgetKey(text: string): Pick<StandingBudget, 'scope' | 'name' | 'period'> | undefined {
  const match = /^(tenant|user|agent):(.{1,320}):(day|month|total)$/.exec(text);
  if (text.includes('\0')) return undefined; // no text of the database holds one
  return match ? { scope: match[1] as BudgetScope, name: match[2]!, period: match[3] as BudgetPeriod } : undefined;
}
