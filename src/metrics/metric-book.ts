import type { Counter, Histogram, MetricFamily, Metrics, Sample } from '../kernel/metrics.js';
import type { Soon } from '../kernel/soon.js';
import { Series } from './series.js';

/** A sample as it is written down: with `suffix` behind the family's name. */
export interface Line extends Sample {
  readonly suffix?: string;
  /** The upper end of a histogram's class. */
  readonly upTo?: number;
}

/** A family and what it stands at. */
export interface Metric {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly family: MetricFamily;
  read(): Soon<Iterable<Line>>;
}

/** Numbers in memory: counting is an addition, and everything else happens only when somebody reads. */
export class MetricBook implements Metrics {
  private readonly families = new Map<string, Metric>();

  get metrics(): Iterable<Metric> {
    return this.families.values();
  }

  counter(family: MetricFamily): Counter {
    const series = new Series(() => ({ value: 0 }));
    // Without labels there is one series, and that it stands at 0 is worth knowing.
    if (!family.labels?.length) series.of([]);
    this.enter({ kind: 'counter', family, read: () => countsOf(series) });
    return {
      add(values, by = 1) {
        series.of(values).value += by;
      },
    };
  }

  histogram(family: MetricFamily, bounds: readonly number[]): Histogram {
    const series = new Series(() => new Classes(bounds));
    this.enter({ kind: 'histogram', family, read: () => classesOf(series) });
    return { observe: (values, value) => series.of(values).add(value) };
  }

  gauge(family: MetricFamily, read: () => Soon<readonly Sample[]>): void {
    this.enter({ kind: 'gauge', family, read });
  }

  total(family: MetricFamily, read: () => Soon<readonly Sample[]>): void {
    this.enter({ kind: 'counter', family, read });
  }

  /** Two parts that count under one name would add apples to pears; that is found at the start. */
  private enter(metric: Metric): void {
    const { name } = metric.family;
    if (this.families.has(name)) throw new TypeError(`two metrics are called ${name}`);
    this.families.set(name, metric);
  }
}

class Classes {
  private readonly counts: number[];
  private sum = 0;

  constructor(private readonly bounds: readonly number[]) {
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  add(value: number): void {
    const at = this.bounds.findIndex((bound) => value <= bound);
    this.counts[at === -1 ? this.bounds.length : at]! += 1;
    this.sum += value;
  }

  /** As Prometheus wants them: each class with all that are smaller, then the sum and the number. */
  *lines(labels: readonly string[]): Iterable<Line> {
    let value = 0;
    for (const [at, count] of this.counts.entries()) {
      value += count;
      yield { suffix: '_bucket', upTo: this.bounds[at] ?? Infinity, labels, value };
    }
    yield { suffix: '_sum', labels, value: this.sum };
    yield { suffix: '_count', labels, value };
  }
}

function* countsOf(series: Series<{ value: number }>): Iterable<Line> {
  for (const [labels, { value }] of series.entries()) yield { labels, value };
}

function* classesOf(series: Series<Classes>): Iterable<Line> {
  for (const [labels, classes] of series.entries()) yield* classes.lines(labels);
}
