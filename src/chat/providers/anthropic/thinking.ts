/** How much a model may think before it answers, in tokens. */
const THINKING_BUDGET: ReadonlyMap<string, number> = new Map(
  Object.entries({ none: 0, minimal: 0, low: 1024, medium: 8192, high: 24_576, xhigh: 32_768 }),
);

/** What an effort comes to, in tokens; undefined for none of those that are known. */
export function thinkingBudget(effort: unknown): number | undefined {
  if (effort === undefined || effort === null) return 0;
  return typeof effort === 'string' ? THINKING_BUDGET.get(effort) : undefined;
}
