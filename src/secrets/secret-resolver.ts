import type { Environment } from '../config/environment.js';
import type { Clock } from '../kernel/clock.js';
import type { ProviderSettings } from './provider.settings.js';
import type { SourceName } from './secret-ref.js';

/**
 * Why a secret cannot be had. The message is a sentence without a subject (`ended with status 1`) that names what is
 * needed to put it right, and never a value.
 */
export class SecretFailure extends Error {
  override readonly name = 'SecretFailure';
  /** Asking again cannot help: somebody has to change something first. */
  readonly isLasting: boolean;

  constructor(
    message: string,
    /** What to do about it. */
    readonly remedy: string,
    options: { readonly isLasting?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.isLasting = options.isLasting ?? false;
  }
}

/** All that is wanted of one provider. */
export interface Batch<P extends ProviderSettings = ProviderSettings> {
  readonly alias: string;
  readonly settings: P;
  /** Each once. */
  readonly ids: readonly string[];
  readonly environment: Environment;
  readonly clock: Clock;
}

/** By id: the secret, never empty, or why it cannot be had. */
export type Found = ReadonlyMap<string, string | SecretFailure>;

/** One kind of place where secrets are kept. Adding one: a file beside the others, and a line in `resolvers/index.ts`. */
export interface SecretResolver<P extends ProviderSettings = ProviderSettings> {
  readonly source: SourceName;
  /** Whether it only reads what is at hand: such a one is asked without a second thought. */
  readonly isLight: boolean;
  /** Answers for every id. Rejects with SecretFailure when the provider as a whole is out of order. */
  resolve(batch: Batch<P>): Promise<Found>;
}
