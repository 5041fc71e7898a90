import { record } from './answers.js';
import { counted, dollars } from './money.js';
import type { Row } from './pages.js';
import { word } from './terminal.js';

/** `2.50 USD`, `1,000 tokens`, or both. Nothing for a measure that is not bounded. */
export function amountText(amount: unknown): string {
  const { usd, tokens } = record(amount);
  const parts = [
    typeof usd === 'number' && `${dollars(usd)} USD`,
    typeof tokens === 'number' && `${counted(tokens)} tokens`,
  ];
  return parts.filter((part) => part !== false).join(', ');
}

/** What is used of the measures that are bounded. */
export function spentText({ limit, spent }: Row): string {
  const { usd, tokens } = record(limit);
  const used = record(spent);
  return amountText({ ...(usd !== null && { usd: used['usd'] }), ...(tokens !== null && { tokens: used['tokens'] }) });
}

/** The path of a budget: its name or its id, in a tenant. */
export const budgetPath = (budget: string, query: string): string =>
  `/api/v1/budgets/${encodeURIComponent(budget)}${query}`;

export const endsText = ({ endsAt }: Row): string => word(endsAt) || 'never';
