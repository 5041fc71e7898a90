/** The part of the backend's events that is read here; it sends those of the Responses API. */
export interface BackendEvent {
  readonly type: string;
  readonly output_index?: number;
  readonly delta?: string;
  readonly item?: BackendItem;
  readonly response?: BackendResponse | null;
  /** Of an event `error`. */
  readonly code?: unknown;
  readonly message?: unknown;
  readonly error?: unknown;
}

export interface BackendItem {
  readonly type: string;
  readonly call_id?: string;
  readonly name?: string;
  readonly arguments?: string;
  readonly content?: readonly { readonly type: string; readonly text?: string; readonly refusal?: string }[];
  readonly summary?: readonly { readonly text?: string }[];
}

export interface BackendResponse {
  readonly status?: string;
  readonly output?: readonly BackendItem[];
  readonly usage?: BackendUsage | null;
  readonly error?: { readonly code?: unknown; readonly message?: unknown } | null;
  readonly incomplete_details?: { readonly reason?: string } | null;
}

export interface BackendUsage {
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly input_tokens_details?: { readonly cached_tokens?: number } | null;
}
