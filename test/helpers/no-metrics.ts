import type { Metrics } from '../../src/kernel/metrics.js';

/** Counts nothing. */
export const NO_METRICS: Metrics = {
  counter: () => ({ add() {} }),
  histogram: () => ({ observe() {} }),
  gauge() {},
  total() {},
};
