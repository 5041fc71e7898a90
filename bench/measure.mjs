/** @param {readonly number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Rounds that are thrown away: V8 compiles what is called often, and that takes some thousand calls. */
const WARM_UPS = 2;

/**
 * Runs every case once in a round, in turned order every other round, so that whatever else the machine does meets all
 * of them alike.
 *
 * @template T
 * @param {number} rounds
 * @param {Readonly<Record<string, () => Promise<T>>>} cases
 * @returns {Promise<Record<string, T[]>>} what each case gave, round by round
 */
export async function alternate(rounds, cases) {
  const names = Object.keys(cases);
  const seen = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -WARM_UPS; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const result = await cases[name]();
      if (round >= 0) seen[name].push(result);
    }
  }
  return seen;
}

/**
 * Sends one job to a server and adds what it cost there.
 *
 * @param {import('./generator.mjs').Generator} generator
 * @param {import('./process.mjs').ServerProcess} server
 * @param {object} job
 * @returns {Promise<{ rate: number, cpu: number, p50: number, p99: number }>} operations a second, CPU µs of each, ms
 */
export async function load(generator, server, job) {
  const before = server.cpuSeconds;
  const { done, errors, first, seconds, p50, p99 } = await generator.run({ ...job, port: server.port });
  const cpu = server.cpuSeconds - before;
  if (errors > 0) throw new Error(`${errors} wrong answers, the first:\n${first}`);
  return { rate: done / seconds, cpu: (cpu / done) * 1e6, p50, p99 };
}

/**
 * The medians of several rounds.
 *
 * @param {readonly Readonly<Record<string, number>>[]} results
 */
export function medians(results) {
  return Object.fromEntries(Object.keys(results[0]).map((key) => [key, median(results.map((result) => result[key]))]));
}
