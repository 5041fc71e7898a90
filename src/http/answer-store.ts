/** A request with an `Idempotency-Key`, as it is known to whoever keeps answers. Nothing in it can be read back. */
export interface KeyedRequest {
  /** Of the caller and the key that the caller named. */
  readonly key: string;
  /** Of the caller alone: what one caller may keep is bounded. */
  readonly caller: string;
  readonly tenantId: string;
  /** Of what is asked, by which the same request is known again. */
  readonly fingerprint: string;
}

/** What is known of a key: carried out, being carried out, or cut short before its answer was kept. */
export type Known =
  | { readonly state: 'answered'; readonly fingerprint: string; readonly sealed: string }
  | { readonly state: 'under way' | 'cut short'; readonly fingerprint: string };

/** Where answers are kept for the same request to come. Each step is atomic, whoever else asks at the same moment. */
export interface AnswerStore {
  /** Enters the request, and says `undefined`, when its key is free; else what is known of the key. */
  begin(request: KeyedRequest): Promise<Known | undefined>;
  /** Keeps the answer of a request that was entered. */
  keep(request: KeyedRequest, sealed: string): Promise<void>;
  /** Frees the key of a request that was entered and has no answer worth keeping. */
  release(request: KeyedRequest): Promise<void>;
}

/** How long a key is good for, and how much one caller may keep: beyond it the oldest are forgotten. */
export const KEPT = { lifeMs: 24 * 3600 * 1000, perCaller: 5000 } as const;
