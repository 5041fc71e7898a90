/** The part of OpenAI's Responses API that is read and written here. */
export interface ResponsesRequest {
  readonly model: string;
  readonly input?: unknown;
  readonly instructions?: string | null;
  readonly stream?: boolean | null;
  readonly [option: string]: unknown;
}

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

export type OutputPart =
  | {
      readonly type: 'output_text';
      readonly text: string;
      readonly annotations: readonly [];
      readonly logprobs: readonly [];
    }
  | { readonly type: 'refusal'; readonly refusal: string }
  | { readonly type: 'reasoning_text'; readonly text: string };

export interface MessageItem {
  readonly id: string;
  readonly type: 'message';
  readonly role: 'assistant';
  readonly status: ItemStatus;
  readonly content: readonly OutputPart[];
}

export interface CallItem {
  readonly id: string;
  readonly type: 'function_call';
  readonly status: ItemStatus;
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
}

export interface ReasoningItem {
  readonly id: string;
  readonly type: 'reasoning';
  readonly status: ItemStatus;
  readonly summary: readonly [];
  readonly content: readonly OutputPart[];
  /** What the provider wants back unchanged; see `thoughts.ts`. */
  readonly encrypted_content?: string;
}

export type OutputItem = MessageItem | CallItem | ReasoningItem;

export interface ResponseUsage {
  readonly input_tokens: number;
  readonly input_tokens_details: { readonly cached_tokens: number };
  readonly output_tokens: number;
  readonly output_tokens_details: { readonly reasoning_tokens: number };
  readonly total_tokens: number;
}

/** A `response.*` event, or the `error` that ends a stream; every one is numbered. */
export interface ResponseEvent {
  readonly type: string;
  readonly sequence_number: number;
  readonly [field: string]: unknown;
}
