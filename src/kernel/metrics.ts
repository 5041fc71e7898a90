import type { Soon } from './soon.js';

/** What a metric is called and what it says. Names and units as Prometheus has them: `doorward_<what>_<unit>[_total]`. */
export interface MetricFamily {
  readonly name: string;
  /** One sentence for whoever reads it in a dashboard. */
  readonly help: string;
  /**
   * The names of its labels. Their values come from closed lists or from the configuration: never a tenant, a person, an
   * address or anything else that a caller chooses or that is secret (S188, S201).
   */
  readonly labels?: readonly string[];
}

/** A number with the values of its labels, in the family's order. */
export interface Sample {
  readonly labels?: readonly string[];
  readonly value: number;
}

/** Only grows. */
export interface Counter {
  /** `values` in the order of the family's labels. Costs a few dozen nanoseconds, and never fails. */
  add(values: readonly string[], by?: number): void;
}

/** How many of what was measured were at most so large. */
export interface Histogram {
  observe(values: readonly string[], value: number): void;
}

/** Where every part counts what happens. Nobody needs to know who reads it, or whether anybody does. */
export interface Metrics {
  counter(family: MetricFamily): Counter;
  /** `bounds`: the upper end of each class but the last, ascending. */
  histogram(family: MetricFamily, bounds: readonly number[]): Histogram;
  /** A number that goes up and down. `read` is called for each scrape and at no other time; it may fail. */
  gauge(family: MetricFamily, read: () => Soon<readonly Sample[]>): void;
  /** As `gauge`, for numbers that only grow and that somebody keeps anyway. */
  total(family: MetricFamily, read: () => Soon<readonly Sample[]>): void;
}

/** Nest's name for the metrics. */
export const METRICS = Symbol('Metrics');
