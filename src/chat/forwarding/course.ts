import { type ModelRef, modelRefText } from '../../credentials/model-ref.js';
import { Refused } from '../../kernel/errors.js';
import type { ModelCall, Tried } from '../model-call.js';
import type { UpstreamFailure } from '../upstream-failure.js';
import type { Trouble } from './trouble.js';
import { noCredentials, upstreamFailure } from './upstream-errors.js';

/** What one call has come to so far. */
export class Course {
  readonly tried: Tried[] = [];
  private readonly failures: UpstreamFailure[] = [];
  private lacking: UpstreamFailure | undefined;
  /** How many of `failures` were those of models that are given up. */
  private settled = 0;
  /** Of each model that may answer later: when a credential for it may be tried, in ms from now. */
  private readonly waits: number[] = [];

  constructor(
    readonly call: ModelCall,
    /** In tokens, where the provider does not count. */
    readonly estimatedInput: number,
  ) {}

  succeeded(model: ModelRef, candidate: string): void {
    this.tried.push({ model: modelRefText(model), candidate, outcome: 'succeeded' });
  }

  /** What callers are told if nobody else answers. */
  failed(model: ModelRef, candidate: string, trouble: Trouble): UpstreamFailure {
    const outcome = trouble.isUnreachable ? 'unreachable' : trouble.kind;
    this.tried.push({ model: modelRefText(model), candidate, outcome });
    const failure = upstreamFailure(model.provider, trouble, this.tried);
    this.failures.push(failure);
    return failure;
  }

  /** A model is left; `restsForMs`: until when each of its credentials rests. */
  leave(restsForMs: number | undefined): void {
    const isWorthWaiting = this.failures.slice(this.settled).some(({ shouldRetry }) => shouldRetry);
    this.settled = this.failures.length;
    if (isWorthWaiting) this.waits.push(restsForMs ?? 0);
  }

  /** There was nothing to try a model with; `skipped`: what was looked at. */
  without(model: ModelRef, skipped: readonly Omit<Tried, 'model'>[], restsForMs: number | undefined): void {
    const looked = skipped.length > 0 ? skipped : [{ candidate: 'none', outcome: 'no credential' }];
    this.tried.push(...looked.map((one) => ({ model: modelRefText(model), ...one })));
    if (restsForMs !== undefined) this.waits.push(restsForMs);
    this.lacking ??= noCredentials(model.provider, restsForMs, this.tried);
  }

  /** Why a model cannot be asked at all: noted for a fallback, which is not the caller's to mend, else thrown. */
  passOver(model: ModelRef, error: unknown): undefined {
    if (!(error instanceof Refused) || model === this.call.models[0]) throw error;
    this.tried.push({ model: modelRefText(model), candidate: 'none', outcome: error.message });
    return undefined;
  }

  /**
   * The first that waiting may mend, else what was said last; that nothing could be tried only where nothing was. Nobody
   * is told to come back before there is a credential to try.
   */
  verdict(): UpstreamFailure {
    const { failures, lacking, waits } = this;
    const failure = failures.find(({ shouldRetry }) => shouldRetry) ?? failures.at(-1) ?? lacking!;
    return waits.length === 0 ? failure : failure.notBefore(Math.min(...waits));
  }
}
