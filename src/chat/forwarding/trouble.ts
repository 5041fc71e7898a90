import { type FailureKind, failureKind } from '../../credentials/failure-kind.js';

export interface TroubleDetail {
  /** Where neither status nor words say it. */
  readonly kind?: FailureKind;
  /** In milliseconds, where the provider says so. */
  readonly retryAfterMs?: number;
  /** The field that the provider finds wrong, as it calls it. */
  readonly param?: string;
  /** No connection came about: another credential of the same provider fares no better. */
  readonly isUnreachable?: boolean;
  /** The connection broke before a byte of the answer had come: it may have been closed while nobody used it. */
  readonly isStale?: boolean;
  /** The message is ours about the provider, not the provider's. */
  readonly isOurs?: boolean;
}

/** Why one try at one provider came to nothing. */
export class Trouble {
  readonly kind: FailureKind;
  readonly retryAfterMs: number | undefined;
  readonly param: string | undefined;
  readonly isUnreachable: boolean;
  readonly isStale: boolean;
  readonly isOurs: boolean;

  constructor(
    /** Of the provider's answer; 0 when there was none. */
    readonly status: number,
    /** The provider's words, or ours about it: one line, bounded, without a credential. */
    readonly message: string,
    { kind, retryAfterMs, param, isUnreachable = false, isStale = false, isOurs = false }: TroubleDetail = {},
  ) {
    this.kind = kind ?? failureKind({ status, message });
    this.retryAfterMs = retryAfterMs;
    this.param = param;
    this.isUnreachable = isUnreachable;
    this.isStale = isStale;
    this.isOurs = isOurs;
  }
}

/** An answer that cannot be used: it breaks off, or is not what was asked for. `message` goes on from the provider's name. */
export function unusable(message: string, status = 0): Trouble {
  return new Trouble(status, message, { kind: 'unknown', isOurs: true });
}
