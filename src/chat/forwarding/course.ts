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

  /** There was nothing to try a model with; `skipped`: what was looked at. */
  without(model: ModelRef, skipped: readonly Omit<Tried, 'model'>[], restsForMs: number | undefined): void {
    const looked = skipped.length > 0 ? skipped : [{ candidate: 'none', outcome: 'no credential' }];
    this.tried.push(...looked.map((one) => ({ model: modelRefText(model), ...one })));
    this.lacking ??= noCredentials(model.provider, restsForMs, this.tried);
  }

  /** Why a model cannot be asked at all: noted for a fallback, which is not the caller's to mend, else thrown. */
  passOver(model: ModelRef, error: unknown): undefined {
    if (!(error instanceof Refused) || model === this.call.models[0]) throw error;
    this.tried.push({ model: modelRefText(model), candidate: 'none', outcome: error.message });
    return undefined;
  }

  /** The first that waiting may mend, else what was said last; that nothing could be tried only where nothing was. */
  verdict(): UpstreamFailure {
    const { failures, lacking } = this;
    return failures.find(({ shouldRetry }) => shouldRetry) ?? failures.at(-1) ?? lacking!;
  }
}
