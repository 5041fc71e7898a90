/** A caller admitted to be judged. Settled exactly once, with what the judgement found. */
export interface Admission {
  /**
   * Counts `failures` wrong secrets on the caller's source and frees its place.
   * Rejects with Refused('rate_limited') when these failures are beyond the limit: then that is the caller's answer.
   */
  settle(failures: number): Promise<void>;
}

/** The failure limit as the guards see it. */
export abstract class FailureLimiter {
  /** Lets a caller be judged, or throws Refused('rate_limited') with `retryAfterMs` while its source is blocked. */
  abstract admit(source: string): Admission | Promise<Admission>;
}
