import type { TokenUsage } from '../model-call.js';

/** What a call takes of a budget, in both of its measures. */
export interface Amount {
  /** In billionths of a US dollar, whole: what one token costs is not much more than that. */
  readonly cost: number;
  readonly tokens: number;
}

export const NOTHING: Amount = { cost: 0, tokens: 0 };

/** More than the largest budget has room for; thousands of them together still fit into a bigint of the database. */
export const LARGEST: Amount = { cost: 2e15, tokens: 2e15 };

/** Rounded up, so that many small calls do not slip through; what binary fractions add is no part of it. */
export const billionths = (dollars: number): number => Math.max(0, Math.ceil(dollars * 1e9 - 1e-3));

export const dollars = (cost: number): number => cost / 1e9;

/**
 * What was used, or may be at most, in whole numbers up to `LARGEST`: what callers and providers say may be larger, or
 * no number at all. A model of which nobody said what it costs takes nothing of an amount of money.
 */
export function amountOf({ input, output, cost = 0 }: TokenUsage): Amount {
  const tokens = Math.max(0, Math.ceil(input + output));
  return { cost: countable(billionths(cost), LARGEST.cost), tokens: countable(tokens, LARGEST.tokens) };
}

/** Tokens as the books hold them. */
export const wholeTokens = (tokens: number): number => countable(Math.max(0, Math.round(tokens)), LARGEST.tokens);

/** Written so that NaN is the largest, too. */
const countable = (measure: number, largest: number): number => (measure < largest ? measure : largest);

export const plus = (one: Amount, other: Amount): Amount => ({
  cost: one.cost + other.cost,
  tokens: one.tokens + other.tokens,
});

export const minus = (one: Amount, other: Amount): Amount => ({
  cost: one.cost - other.cost,
  tokens: one.tokens - other.tokens,
});

/** The larger of two, measure by measure. */
export const most = (one: Amount, other: Amount): Amount => ({
  cost: Math.max(one.cost, other.cost),
  tokens: Math.max(one.tokens, other.tokens),
});

/** The smaller of two, measure by measure. */
export const least = (one: Amount, other: Amount): Amount => ({
  cost: Math.min(one.cost, other.cost),
  tokens: Math.min(one.tokens, other.tokens),
});

export const times = ({ cost, tokens }: Amount, factor: number): Amount => ({
  cost: Math.ceil(cost * factor),
  tokens: Math.ceil(tokens * factor),
});

/** Whether `other` can be taken out of `one` in both measures. */
export const covers = (one: Amount, other: Amount): boolean => one.cost >= other.cost && one.tokens >= other.tokens;

export const isNothing = ({ cost, tokens }: Amount): boolean => cost === 0 && tokens === 0;
