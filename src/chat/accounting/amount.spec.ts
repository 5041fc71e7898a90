import { amountOf, billionths, covers } from './amount.js';

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

  it('one covers another in both measures or not at all', () => {
    expect(covers({ cost: 5, tokens: 1 }, { cost: 5, tokens: 1 })).toBe(true);
    expect(covers({ cost: 5, tokens: 1 }, { cost: 4, tokens: 2 })).toBe(false);
  });
});
