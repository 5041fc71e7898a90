import type { Tried } from './model-call.js';

/**
 * How a call failed at the providers, on the outside. None of them is an error of the gateway's own: a client can tell
 * "the provider refused the gateway's key" from "your own token is wrong" (S184).
 */
export type UpstreamCode =
  | 'upstream_auth'
  | 'upstream_billing'
  | 'upstream_rate_limited'
  | 'upstream_overloaded'
  | 'upstream_timeout'
  | 'upstream_unreachable'
  | 'upstream_error'
  | 'upstream_invalid_request'
  | 'upstream_not_found'
  | 'upstream_too_large'
  | 'upstream_no_credentials';

export interface UpstreamFailureDetail {
  readonly code: UpstreamCode;
  readonly status: number;
  /** The id of the provider that was asked last. */
  readonly provider: string;
  /** The field that the provider finds wrong, as it calls it; where it speaks about the request itself. */
  readonly param?: string;
  /** In milliseconds; only where waiting can help. */
  readonly retryAfterMs?: number;
  /** Whether the same request may do better later: `x-should-retry`. */
  readonly shouldRetry: boolean;
  readonly tried: readonly Tried[];
}

/** Thrown when no provider answered. Its message is public: bounded, on one line, without a credential. */
export class UpstreamFailure extends Error {
  override readonly name = 'UpstreamFailure';
  readonly code: UpstreamCode;
  readonly status: number;
  readonly provider: string;
  readonly param: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly shouldRetry: boolean;
  readonly tried: readonly Tried[];

  constructor(message: string, detail: UpstreamFailureDetail) {
    super(message);
    this.code = detail.code;
    this.status = detail.status;
    this.provider = detail.provider;
    this.param = detail.param;
    this.retryAfterMs = detail.retryAfterMs;
    this.shouldRetry = detail.shouldRetry;
    this.tried = detail.tried;
  }

  /** The same, where waiting can help, with no shorter wait than this, in milliseconds. */
  notBefore(waitMs: number): UpstreamFailure {
    const isLonger = this.retryAfterMs !== undefined && this.retryAfterMs < waitMs;
    return isLonger ? new UpstreamFailure(this.message, { ...this, retryAfterMs: waitMs }) : this;
  }
}
