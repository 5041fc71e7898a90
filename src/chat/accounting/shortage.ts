import { Refused } from '../../kernel/errors.js';
import { type Amount, dollars } from './amount.js';
import { budgetKey, type Limits, type StandingBudget } from './budget.js';

/** What is missing, and until when. */
export interface Shortage {
  readonly need: Amount;
  readonly left: Limits;
  /** What is left with what running calls have set aside. */
  readonly unspent: Limits;
  /** Milliseconds until the budget begins anew; undefined where it never does. */
  readonly endsInMs: number | undefined;
}

/** A budget has no room for a call: told to the caller by `insufficientQuota`. */
export class OutOfBudget extends Error {
  override readonly name = 'OutOfBudget';

  constructor(readonly shortage: Shortage) {
    super('the budget has no room for the call');
  }
}

/** When other calls may be over, or what is held for them given back. */
const SOON_MS = 1000;

/**
 * The answer to a call for which a budget has no room. Where others have what it needs, and may not use it, trying again
 * is worth it: it lasts no longer than their calls. It names the budget; how large it is is told to its own tenant
 * alone.
 */
export function insufficientQuota(budget: StandingBudget, shortage: Shortage, tenantId: string): Refused {
  const { need, unspent, endsInMs } = shortage;
  const isReserved = fits(need.cost, unspent.cost) && fits(need.tokens, unspent.tokens);
  const named = `the budget ${budgetKey(budget)} ${isReserved ? 'is reserved for other calls' : 'is used up'}`;
  const message = tenantId === budget.tenantId ? `${named}: ${said(budget, shortage)}` : named;
  const retryAfterMs = isReserved ? SOON_MS : endsInMs;
  const patience = { ...(retryAfterMs !== undefined && { retryAfterMs }), isWorthRetrying: isReserved };
  return new Refused('insufficient_quota', { message, ...patience });
}

const fits = (need: number, unspent: number | null): boolean => unspent === null || need <= unspent;

function said({ limits, period }: StandingBudget, { need, left }: Shortage): string {
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
