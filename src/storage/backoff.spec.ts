import { describe, expect, it } from '@jest/globals';
import { backoff } from './backoff.js';

describe('the wait between attempts', () => {
  it.each([
    // attempt  shortest  longest
    [0, 100, 200],
    [1, 200, 400],
    [4, 1600, 3200],
    [5, 2500, 5000],
    [1000, 2500, 5000],
  ])('before attempt %i lies between %i and %i ms', (attempt, shortest, longest) => {
    expect(backoff(attempt, () => 0)).toBe(shortest);
    expect(backoff(attempt, () => 1)).toBe(longest);
  });
});
