import { backoff } from './backoff.js';

it.each([
  // failures  shortest  longest
  [0, 0, 0],
  [1, 125, 250],
  [2, 250, 500],
  [5, 2000, 4000],
  [8, 15_000, 30_000],
  [1000, 15_000, 30_000],
])('after %i failures in a row a provider is left alone for %i to %i ms', (failures, shortest, longest) => {
  expect(backoff(failures, () => 0)).toBe(shortest);
  expect(backoff(failures, () => 1)).toBe(longest);
});
