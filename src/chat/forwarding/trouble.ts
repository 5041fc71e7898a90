import { type FailureKind, failureKind } from '../../credentials/failure-kind.js';

export interface TroubleDetail {
  /** In milliseconds, where the provider says so. */
  readonly retryAfterMs?: number;
  /** No connection came about: another credential of the same provider fares no better. */
  readonly isUnreachable?: boolean;
  /** The connection broke before a byte of the answer had come: it may have been closed while nobody used it. */
  readonly isStale?: boolean;
  /** The answer had begun. */
  readonly isBrokenOff?: boolean;
}

/** Why one try at one provider came to nothing. */
export class Trouble {
  readonly kind: FailureKind;
  readonly retryAfterMs: number | undefined;
  readonly isUnreachable: boolean;
  readonly isStale: boolean;
  readonly isBrokenOff: boolean;

  constructor(
    /** Of the provider's answer; 0 when there was none. */
    readonly status: number,
    /** The provider's words, or ours about it: one line, bounded, without a credential. */
    readonly message: string,
    { retryAfterMs, isUnreachable = false, isStale = false, isBrokenOff = false }: TroubleDetail = {},
  ) {
    this.kind = failureKind({ status, message });
    this.retryAfterMs = retryAfterMs;
    this.isUnreachable = isUnreachable;
    this.isStale = isStale;
    this.isBrokenOff = isBrokenOff;
  }
}
