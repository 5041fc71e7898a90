import { Refused } from '../../kernel/errors.js';
import { type Amount, dollars } from './amount.js';
import { budgetKey, type Limits, type StandingBudget } from './budget.js';

/** What is missing, and until when. */
export interface Shortage {
  readonly need: Amount;
  readonly left: Limits;
  /** Milliseconds until the budget begins anew; undefined where it never does. */
  readonly endsInMs: number | undefined;
}

/**
 * The answer to a call for which a budget has no room. It names the budget; how large it is is told to its own tenant
 * alone.
 */
export function insufficientQuota(budget: StandingBudget, shortage: Shortage, tenantId: string): Refused {
  const { need, left, endsInMs } = shortage;
  const named = `the budget ${budgetKey(budget)} is used up`;
  const message = tenantId === budget.tenantId ? `${named}: ${said(budget, need, left)}` : named;
  return new Refused('insufficient_quota', { message, ...(endsInMs !== undefined && { retryAfterMs: endsInMs }) });
}

function said({ limits, period }: StandingBudget, need: Amount, left: Limits): string {
  const per = period === 'total' ? 'in all' : `per ${period} (UTC)`;
  const parts: string[] = [];
  if (limits.cost !== null && (left.cost ?? 0) < need.cost)
    parts.push(`${usd(limits.cost)} ${per}, ${usd(left.cost ?? 0)} left, and this call may take ${usd(need.cost)}`);
  if (limits.tokens !== null && (left.tokens ?? 0) < need.tokens)
    parts.push(`${limits.tokens} tokens ${per}, ${left.tokens ?? 0} left, and this call may take ${need.tokens}`);
  return parts.join('; ') || per;
}

/** Exact, without an exponent: `0.0000015 USD`. */
const usd = (cost: number): string =>
  `${dollars(cost)
    .toFixed(9)
    .replace(/\.?0+$/, '')} USD`;
