import { type Choice, sourceName } from '../../credentials/choice.js';
import type { Attempt } from '../../credentials/attempt.js';
import type { CredentialsService } from '../../credentials/credentials.service.js';
import type { FailureKind } from '../../credentials/failure-kind.js';
import type { ModelProvider } from '../../credentials/model-providers.js';
import { type ModelRef, modelRefText } from '../../credentials/model-ref.js';
import type { Clock } from '../../kernel/clock.js';
import { Refused } from '../../kernel/errors.js';
import type { Log } from '../../kernel/log.js';
import { UpstreamSettings } from '../chat.settings.js';
import type { ModelCall, Tried } from '../model-call.js';
import type { ModelMetrics } from '../model-metrics.js';
import type { Exchange } from '../providers/dialect.js';
import { exchangeWith } from '../providers/exchange.js';
import type { UpstreamFailure } from '../upstream-failure.js';
import type { Delivered } from './delivery.js';
import { configuredHeaders, requestHeaders } from './headers.js';
import { Redaction } from './redaction.js';
import { Trouble } from './trouble.js';
import type { UpstreamClient } from './upstream-client.js';
import { noCredentials, upstreamFailure } from './upstream-errors.js';
import { upstreamAddress } from './upstream-address.js';

/** Who answered, and what was tried before. */
export interface Answered extends Delivered {
  readonly model: ModelRef;
  readonly provider: ModelProvider;
  readonly source: string;
  readonly tried: readonly Tried[];
}

/** What another model may mend (reference F.4). What is wrong with the request is wrong everywhere. */
// prettier-ignore
const NEXT_MODEL: ReadonlySet<FailureKind> = new Set([
  'auth', 'auth_permanent', 'session_expired', 'billing', 'rate_limit', 'overloaded', 'timeout', 'unknown',
]);

/** A connection that was closed while nobody used it shows itself at once. In milliseconds. */
const STALE_MS = 1000;

/**
 * Asks until somebody answers: the credentials of the first model one after the other, then those of the next model.
 * Only before the first byte has gone to the caller (contract section 7, reference F.3 and F.4).
 */
export class Failover {
  constructor(
    private readonly credentials: CredentialsService,
    private readonly client: UpstreamClient,
    private readonly metrics: ModelMetrics,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /**
   * Rejects with UpstreamFailure when nobody answers, with Refused for what only the caller can mend, with the reason of
   * `call.signal` when that is aborted, with Unavailable or BrokenStore when the credentials cannot be asked for.
   */
  async ask(call: ModelCall, estimatedInput: number): Promise<Answered> {
    const course = new Course(call, estimatedInput);
    for (const model of call.models) {
      const answered = await this.askModel(model, course);
      if (answered) return answered;
    }
    throw course.verdict();
  }

  private async askModel(model: ModelRef, course: Course): Promise<Answered | undefined> {
    const { call, tried } = course;
    const begun = await course.unlessLater(model, () => this.begin(model, call));
    if (!begun) return undefined;
    const { attempt, exchange } = begun;
    let isServed = false;
    for (let choice = await attempt.next(); choice; choice = await attempt.next()) {
      isServed = true;
      const outcome = await this.counted(model, course, () => this.send(choice, exchange, course));
      const candidate = sourceName(choice.source, model.provider);
      if (!(outcome instanceof Trouble)) {
        attempt.succeeded();
        tried.push({ model: modelRefText(model), candidate, outcome: 'succeeded' });
        return { ...outcome, model, provider: choice.provider, source: candidate, tried };
      }
      this.note(model, candidate, outcome, course);
      // The network is no fault of the credential, and the next one would take the same way.
      if (outcome.isUnreachable) return undefined;
      attempt.failed(outcome);
      if (!NEXT_MODEL.has(outcome.kind)) throw course.verdict();
    }
    if (!isServed) {
      for (const { candidate, outcome } of attempt.steps)
        tried.push({ model: modelRefText(model), candidate, outcome });
      if (attempt.steps.length === 0)
        tried.push({ model: modelRefText(model), candidate: 'none', outcome: 'no credential' });
      course.without(model, attempt.restsUntil === undefined ? undefined : attempt.restsUntil - this.clock.now());
    }
    return undefined;
  }

  private async begin(model: ModelRef, call: ModelCall): Promise<{ attempt: Attempt; exchange: Exchange }> {
    const { agent, config, models, pin } = call;
    // A profile belongs to one provider: what was chosen for the first model says nothing about another's.
    const isPinned = pin !== undefined && model.provider === models[0]!.provider;
    const need = { agent, provider: model.provider, model: model.model, ...(isPinned && { pin }) };
    const attempt = await this.credentials.attempt(need, config);
    const { provider } = attempt;
    const entry = provider.models.find(({ id }) => id === model.model);
    const target = { model: model.model, created: Math.floor(this.clock.now() / 1000), ...(entry && { entry }) };
    const exchange = exchangeWith(provider, call, target);
    if (exchange) return { attempt, exchange };
    const message = `${modelRefText(model)} has nothing that answers ${call.endpoint}; choose a model of another provider`;
    throw new Refused('invalid_request', { message, fields: [{ path: 'model', message }] });
  }

  private async send(
    choice: Choice,
    exchange: Exchange,
    { call, estimatedInput }: Course,
  ): Promise<Delivered | Trouble> {
    const { provider, value } = choice;
    const { endpoint, isStream, signal, config } = call;
    const ground = {
      provider: provider.id,
      exchange,
      endpoint,
      isStream,
      signal,
      estimatedInput,
      redaction: new Redaction(value, configuredHeaders(provider)),
      clock: this.clock,
      limits: config.get(UpstreamSettings),
    };
    const request = {
      ...upstreamAddress(provider, exchange.path),
      headers: requestHeaders(choice, isStream || exchange.answersInEvents === true),
    };
    const begun = this.clock.now();
    const outcome = await this.client.send(request, ground, config);
    const isStale = outcome instanceof Trouble && outcome.isStale && this.clock.now() - begun < STALE_MS;
    return isStale ? this.client.send(request, ground, config) : outcome;
  }

  /** The same, told to the metrics as well. */
  private async counted(
    model: ModelRef,
    { call }: Course,
    send: () => Promise<Delivered | Trouble>,
  ): Promise<Delivered | Trouble> {
    const begun = this.clock.now();
    try {
      const outcome = await send();
      if (outcome instanceof Trouble) return outcome;
      this.metrics.firstByte(call.config, model, this.clock.now() - begun);
      void outcome.ended.then(({ how }) => this.metrics.ended(call.config, model, how));
      return outcome;
    } catch (error) {
      this.metrics.ended(call.config, model, 'aborted');
      throw error;
    }
  }

  private note(model: ModelRef, candidate: string, trouble: Trouble, course: Course): void {
    const { kind, status, message } = trouble;
    course.tried.push({ model: modelRefText(model), candidate, outcome: trouble.isUnreachable ? 'unreachable' : kind });
    const failure = upstreamFailure(model.provider, trouble, course.tried);
    course.failed(failure);
    const { requestId, config } = course.call;
    this.metrics.ended(config, model, failure.code);
    const named = { model: modelRefText(model), candidate, kind, status, reason: message };
    this.log.warn('models: a provider did not answer as asked', { event: 'model.failed', requestId, ...named });
  }
}

/** What one call has come to so far. */
class Course {
  readonly tried: Tried[] = [];
  private readonly failures: UpstreamFailure[] = [];
  private lacking: UpstreamFailure | undefined;

  constructor(
    readonly call: ModelCall,
    readonly estimatedInput: number,
  ) {}

  failed(failure: UpstreamFailure): void {
    this.failures.push(failure);
  }

  /** There was nothing to try a model with. */
  without(model: ModelRef, restsForMs: number | undefined): void {
    this.lacking ??= noCredentials(model.provider, restsForMs, this.tried);
  }

  /** What is wrong with a fallback is noted, and not the caller's to mend; of the first choice it is thrown. */
  async unlessLater<T>(model: ModelRef, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Refused) || model === this.call.models[0]) throw error;
      this.tried.push({ model: modelRefText(model), candidate: 'none', outcome: error.message });
      return undefined;
    }
  }

  /** The first that waiting may mend, else what was said last; that nothing could be tried only where nothing was. */
  verdict(): UpstreamFailure {
    const { failures, lacking } = this;
    return failures.find(({ shouldRetry }) => shouldRetry) ?? failures.at(-1) ?? lacking!;
  }
}
