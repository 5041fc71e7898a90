const FIRST_MS = 200;
const LONGEST_MS = 5000;

/** How long to wait before attempt `n` (0, 1, 2 …): doubling, and never the same for two replicas. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return Math.round(longest * (0.5 + random() / 2));
}
