import { Inject, Injectable } from '@nestjs/common';
import type { Registry } from 'prom-client';
import { LOG, type Log } from '../kernel/log.js';
import { type Line, type Metric, MetricBook } from './metric-book.js';

/** A value as prom-client writes it. */
interface Written {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/**
 * What has been counted, as Prometheus reads it, with what prom-client knows of the process. The library is loaded and
 * its timers are started by the first scrape: a gateway that nobody scrapes does not pay for them.
 */
@Injectable()
export class Exposition {
  private registry: Promise<Registry> | undefined;

  constructor(
    private readonly book: MetricBook,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** Prometheus text format 0.0.4. */
  async text(): Promise<{ readonly contentType: string; readonly text: string }> {
    const registry = await (this.registry ??= this.open());
    return { contentType: registry.contentType, text: await registry.metrics() };
  }

  private async open(): Promise<Registry> {
    const { collectDefaultMetrics, Registry } = await import('prom-client');
    const registry = new Registry();
    for (const metric of this.book.metrics) {
      // A registry asks each metric for `get()` alone; its types name only the library's own, which cannot be set from outside.
      registry.registerMetric({ name: metric.family.name, get: () => this.write(metric) } as never);
    }
    collectDefaultMetrics({ register: registry });
    return registry;
  }

  /** A part that cannot be read is left out; the others are needed all the more then. */
  private async write({ kind, family, read }: Metric): Promise<object> {
    const { name, help, labels: names = [] } = family;
    const values: Written[] = [];
    try {
      for (const line of await read()) values.push(valueOf(name, names, line));
    } catch (error) {
      this.log.debug('metrics: a number could not be read', { metric: name, error });
      values.length = 0;
    }
    return { name, help, type: kind, values };
  }
}

function valueOf(name: string, names: readonly string[], { suffix = '', upTo, labels = [], value }: Line): Written {
  const named = Object.fromEntries(names.map((label, at) => [label, labels[at] ?? '']));
  const le = upTo === undefined ? undefined : upTo === Infinity ? '+Inf' : upTo;
  return { metricName: `${name}${suffix}`, labels: { ...named, ...(le !== undefined && { le }) }, value };
}
