/** What came of a refresh, for metrics, the audit and whoever watches; it never holds a token. */
export interface RefreshEvent {
  readonly kind: 'refreshed' | 'refused' | 'failed';
  readonly agent: string;
  readonly profile: string;
  readonly provider: string;
  /** The provider's word, or what was out of order. */
  readonly reason?: string;
}

/** Where a refresh has got to, for tests that end the process there. */
export type RefreshStep = 'leased' | 'asking' | 'answered' | 'stored';
