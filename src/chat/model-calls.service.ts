import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CredentialsService } from '../credentials/credentials.service.js';
import { modelProviders } from '../credentials/model-providers.js';
import type { ModelEntry } from '../credentials/models.settings.js';
import type { ModelRef } from '../credentials/model-ref.js';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { LOG, type Log } from '../kernel/log.js';
import { Courier } from './forwarding/courier.js';
import { estimateOf } from './forwarding/estimate.js';
import { Failover } from './forwarding/failover.js';
import { credible, priced, type Tokens } from './forwarding/tokens.js';
import { UpstreamClient } from './forwarding/upstream-client.js';
import { METER, type Meter, type Reservation } from './meter.js';
import type { ModelAnswer, ModelCall, TokenUsage } from './model-call.js';
import { ModelMetrics } from './model-metrics.js';
import { dialectOf } from './providers/index.js';

/** The longest answer of a model whose entry says nothing, in tokens. */
const LONGEST_ANSWER = 8192;

/** Calls models for callers who may: with which credential, where, and what happens when one fails, is decided here. */
@Injectable()
export class ModelCalls implements OnApplicationShutdown {
  private readonly client = new UpstreamClient();
  private readonly failover: Failover;

  constructor(
    @Inject(METER) private readonly meter: Meter,
    credentials: CredentialsService,
    private readonly metrics: ModelMetrics,
    @Inject(CLOCK) clock: Clock,
    @Inject(LOG) log: Log,
  ) {
    this.failover = new Failover(credentials, new Courier(this.client, metrics, clock, log), clock);
  }

  /**
   * Asks the models of a call one after the other until one answers. Rejects with UpstreamFailure when none does, with
   * Refused for what the caller must change (or for a budget that is used up), with the reason of `call.signal` when
   * that is aborted, with Unavailable for a fault of our own.
   */
  async ask(call: ModelCall): Promise<ModelAnswer> {
    call.signal.throwIfAborted();
    const tokens = estimateFor(call);
    const reserved = this.meter.reserve(call, dearest(call, tokens));
    const reservation = reserved instanceof Promise ? await reserved : reserved;
    try {
      const answered = await this.failover.ask(call, tokens.input);
      const { status, headers, body, model, source, tried } = answered;
      const entry = entryOf(call, model);
      const usage = answered.ended.then((ended) => {
        const used = ended.tokens && priced(credible(ended.tokens, tokens), entry);
        reservation.settle(used, model);
        if (used) this.metrics.used(call.config, model, used);
        return used;
      });
      return { status, headers, body, model, source, tried, usage };
    } catch (error) {
      this.settleFailure(call, reservation, tokens);
      throw error;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client.close();
  }

  /** Whoever leaves before the answer has been read to all the same. */
  private settleFailure(call: ModelCall, reservation: Reservation, { input }: Tokens): void {
    const model = call.models[0]!;
    const read = { input, output: 0, cachedInput: 0 };
    reservation.settle(call.signal.aborted ? priced(read, entryOf(call, model)) : undefined, model);
  }
}

function estimateFor(call: ModelCall): Tokens {
  const longest = Math.max(...call.models.map((model) => entryOf(call, model)?.maxTokens ?? LONGEST_ANSWER));
  return estimateOf(
    call.body,
    call.endpoint,
    longest,
    Math.max(...call.models.map((model) => beyondBound(call, model))),
  );
}

/** Some providers have a bound of its own for what a model thinks. */
function beyondBound({ body, config }: ModelCall, { provider: id }: ModelRef): number {
  const provider = config.once(modelProviders).get(id);
  return (provider && dialectOf(provider.dialect).beyondBound?.(body)) ?? 0;
}

/** At the price of the dearest of the models: which of them answers, nobody knows yet. */
function dearest(call: ModelCall, tokens: Tokens): TokenUsage {
  const prices = call.models.map((model) => priced(tokens, entryOf(call, model)));
  return prices.reduce((most, next) => ((next.cost ?? 0) > (most.cost ?? 0) ? next : most));
}

function entryOf({ config }: ModelCall, { provider, model }: ModelRef): ModelEntry | undefined {
  return config
    .once(modelProviders)
    .get(provider)
    ?.models.find(({ id }) => id === model);
}
