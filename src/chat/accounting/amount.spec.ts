import { amountOf, billionths, covers, LARGEST } from './amount.js';

describe('amounts', () => {
  it.each([
    [0.000_000_15, 150],
    [0.15, 150_000_000],
    [1.1, 1_100_000_000],
    [0.000_000_000_4, 1],
    [0, 0],
    [-1, 0],
  ])('%f dollars are %i billionths, rounded up', (dollars, expected) => {
    expect(billionths(dollars)).toBe(expected);
  });

  it('a call takes its cost, and the tokens of both ways; cached ones are part of the input', () => {
    expect(amountOf({ input: 100, output: 20, cachedInput: 80, cost: 0.001 })).toEqual({
      cost: 1_000_000,
      tokens: 120,
    });
  });

  it('what nobody priced takes no money', () => {
    expect(amountOf({ input: 1, output: 1, cachedInput: 0 })).toEqual({ cost: 0, tokens: 2 });
  });

  it.each([
    ['more than can be counted', { input: 1e20, output: 0, cachedInput: 0, cost: 1e20 }],
    ['no end', { input: Infinity, output: 1, cachedInput: 0, cost: Infinity }],
    ['no number', { input: NaN, output: 1, cachedInput: 0, cost: NaN }],
  ])('%s is the largest amount, and thousands of them still fit into a bigint', (_, usage) => {
    expect(amountOf(usage)).toEqual(LARGEST);
    expect(LARGEST.cost).toBeGreaterThan(billionths(1_000_000)); // the largest budget has no room for it
    expect(4000n * BigInt(LARGEST.cost)).toBeLessThan(2n ** 63n);
    expect(4000n * BigInt(LARGEST.tokens)).toBeLessThan(2n ** 63n);
  });

  it('one covers another in both measures or not at all', () => {
    expect(covers({ cost: 5, tokens: 1 }, { cost: 5, tokens: 1 })).toBe(true);
    expect(covers({ cost: 5, tokens: 1 }, { cost: 4, tokens: 2 })).toBe(false);
  });
});
