const FIRST_MS = 250;
const LONGEST_MS = 30_000;

/** How long a provider that has failed `failures` times in a row is left alone: doubling, and never the same for two gateways. */
export function backoff(failures: number, random: () => number = Math.random): number {
  if (failures === 0) return 0;
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 16));
  return Math.round(longest * (0.5 + random() / 2));
}
