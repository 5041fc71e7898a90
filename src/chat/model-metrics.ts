import { Inject, Injectable } from '@nestjs/common';
import type { ConfigSnapshot } from '../config/settings.js';
import { type ModelRef, modelRefText } from '../credentials/model-ref.js';
import { HOUSE_TENANT } from '../kernel/identity.js';
import { type Counter, type Histogram, METRICS, type Metrics } from '../kernel/metrics.js';
import type { TokenUsage } from './model-call.js';
import { catalogue } from './targets/catalogue.js';
import type { UpstreamCode } from './upstream-failure.js';

/** What came of a request to a provider: a closed list, as every label. `aborted`: nobody waited any longer. */
export type CallOutcome = 'ok' | 'aborted' | 'broken_off' | UpstreamCode;

/** Seconds: from a cached answer to a model that thinks first. */
const FIRST_BYTE_BOUNDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

const BY_MODEL = ['provider', 'model'];

/** Counts calls to models: how they ended, how long the first byte took, what they used. */
@Injectable()
export class ModelMetrics {
  private readonly requests: Counter;
  private readonly waits: Histogram;
  private readonly tokens: Counter;

  constructor(@Inject(METRICS) metrics: Metrics) {
    this.requests = metrics.counter({
      name: 'doorward_model_requests_total',
      help: 'Requests to model providers; one that fails and is tried elsewhere counts at each of them',
      labels: [...BY_MODEL, 'outcome'],
    });
    this.waits = metrics.histogram(
      {
        name: 'doorward_model_first_byte_seconds',
        help: 'From the request to a provider to the first byte of its answer',
        labels: BY_MODEL,
      },
      FIRST_BYTE_BOUNDS,
    );
    this.tokens = metrics.counter({
      name: 'doorward_model_tokens_total',
      help: 'Tokens that providers counted; cached_input is part of input',
      labels: [...BY_MODEL, 'kind'],
    });
  }

  /** A request to a provider is over. */
  ended(config: ConfigSnapshot, model: ModelRef, outcome: CallOutcome): void {
    this.requests.add([...labelsOf(config, model), outcome]);
  }

  /** The first byte of an answer is here, `ms` after it was asked for. */
  firstByte(config: ConfigSnapshot, model: ModelRef, ms: number): void {
    this.waits.observe(labelsOf(config, model), ms / 1000);
  }

  used(config: ConfigSnapshot, model: ModelRef, { input, output, cachedInput }: TokenUsage): void {
    const labels = labelsOf(config, model);
    this.tokens.add([...labels, 'input'], input);
    this.tokens.add([...labels, 'output'], output);
    if (cachedInput > 0) this.tokens.add([...labels, 'cached_input'], cachedInput);
  }
}

const namedModels = (config: ConfigSnapshot): ReadonlySet<string> =>
  new Set(catalogue(config, HOUSE_TENANT).models().map(modelRefText));

/** A caller may ask a provider for any name; a label holds those of the configuration alone (S188). */
function labelsOf(config: ConfigSnapshot, ref: ModelRef): readonly string[] {
  return [ref.provider, config.once(namedModels).has(modelRefText(ref)) ? ref.model : 'other'];
}
