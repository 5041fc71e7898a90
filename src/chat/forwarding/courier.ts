import { type Choice, sourceName } from '../../credentials/choice.js';
import { type ModelRef, modelRefText } from '../../credentials/model-ref.js';
import type { Clock } from '../../kernel/clock.js';
import type { Log } from '../../kernel/log.js';
import { UpstreamSettings } from '../chat.settings.js';
import type { ModelCall } from '../model-call.js';
import type { ModelMetrics } from '../model-metrics.js';
import type { Exchange } from '../providers/dialect.js';
import type { Course } from './course.js';
import type { DeliveryGround, Ended, Outcome } from './delivery.js';
import { configuredHeaders, requestHeaders } from './headers.js';
import { Redaction } from './redaction.js';
import { Trouble } from './trouble.js';
import { upstreamAddress } from './upstream-address.js';
import type { UpstreamClient, UpstreamRequest } from './upstream-client.js';

/** A connection that was closed while nobody used it shows itself at once. In milliseconds. */
const STALE_MS = 1000;

/** Carries one question with one credential to its provider, and tells log and metrics what came of it. */
export class Courier {
  constructor(
    private readonly client: UpstreamClient,
    private readonly metrics: ModelMetrics,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** As the exchange says it, or in its other words, where the provider refuses the first. */
  async send(model: ModelRef, choice: Choice, exchange: Exchange, course: Course): Promise<Outcome> {
    const outcome = await this.sendOnce(model, choice, exchange, course);
    const other = outcome instanceof Trouble ? exchange.instead?.(outcome) : undefined;
    return other ? this.sendOnce(model, choice, other, course) : outcome;
  }

  private async sendOnce(model: ModelRef, choice: Choice, exchange: Exchange, course: Course): Promise<Outcome> {
    const { config } = course.call;
    const request = requestOf(choice, exchange, course.call);
    const ground = this.groundOf(choice, exchange, course);
    const begun = this.clock.now();
    try {
      let outcome = await this.client.send(request, ground, config);
      const isStale = outcome instanceof Trouble && outcome.isStale && this.clock.now() - begun < STALE_MS;
      if (isStale) outcome = await this.client.send(request, ground, config);
      if (outcome instanceof Trouble) return outcome;
      this.metrics.firstByte(config, model, this.clock.now() - begun);
      void outcome.ended.then(this.whenEnded(model, sourceName(choice.source, model.provider), course.call));
      return outcome;
    } catch (error) {
      this.metrics.ended(config, model, 'aborted');
      throw error;
    }
  }

  /** Keeps hold of neither credential nor question: an answer may take long. */
  private whenEnded(model: ModelRef, candidate: string, { config, requestId }: ModelCall): (ended: Ended) => void {
    return ({ how, trouble }) => {
      this.metrics.ended(config, model, how);
      if (trouble) this.tell('broke off', model, candidate, trouble, requestId);
    };
  }

  private groundOf(choice: Choice, exchange: Exchange, { call, estimatedInput }: Course): DeliveryGround {
    const { endpoint, isStream, signal, config } = call;
    return {
      provider: choice.provider.id,
      exchange,
      endpoint,
      isStream,
      redaction: new Redaction(choice.value, configuredHeaders(choice.provider)),
      estimatedInput,
      clock: this.clock,
      limits: config.get(UpstreamSettings),
      signal,
    };
  }

  /** Notes what a credential came to that did not do. */
  failed(model: ModelRef, candidate: string, trouble: Trouble, course: Course): void {
    const { code } = course.failed(model, candidate, trouble);
    this.metrics.ended(course.call.config, model, code);
    this.tell('did not answer as asked', model, candidate, trouble, course.call.requestId);
  }

  private tell(what: string, model: ModelRef, candidate: string, trouble: Trouble, requestId: string): void {
    const { kind, status, message: reason } = trouble;
    const named = { model: modelRefText(model), candidate, kind, status, reason };
    this.log.warn(`models: a provider ${what}`, { event: 'model.failed', requestId, ...named });
  }
}

function requestOf(choice: Choice, exchange: Exchange, { isStream }: ModelCall): UpstreamRequest {
  const { origin, path } = upstreamAddress(choice.provider, exchange.path);
  return { origin, path, headers: requestHeaders(choice, isStream || exchange.answersInEvents === true) };
}
