import type { OutputItem, OutputPart, ResponsesRequest, ResponseUsage } from './wire.js';

type Field = Readonly<Record<string, unknown>>;

/** What of a response stays the same over all its events. */
export interface ResponseHead {
  /** `resp_…`, unique. */
  readonly id: string;
  /** Seconds since the epoch. */
  readonly createdAt: number;
  /** What was asked; most of it is said again in the answer. */
  readonly request: ResponsesRequest;
}

export type ResponseStatus = 'in_progress' | 'completed' | 'incomplete' | 'failed';

export interface ResponseEnd {
  readonly status: ResponseStatus;
  readonly output: readonly OutputItem[];
  readonly usage?: ResponseUsage;
  readonly error?: { readonly code: string; readonly message: string };
  readonly incomplete?: 'max_output_tokens' | 'content_filter';
}

/** A response object: what was asked, and what has come of it so far. `model` is the provider's own word for it. */
export function responseObject({ id, createdAt, request }: ResponseHead, model: string, end: ResponseEnd): Field {
  const { status, output, usage = null, error = null, incomplete } = end;
  const { reasoning, text } = request as { reasoning?: Field | null; text?: Field | null };
  return {
    id,
    object: 'response',
    created_at: createdAt,
    status,
    background: false,
    error,
    incomplete_details: incomplete === undefined ? null : { reason: incomplete },
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    model,
    output,
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: { effort: reasoning?.effort ?? null, summary: null },
    // Whatever was asked: nothing of it can be fetched later.
    store: false,
    temperature: request.temperature ?? null,
    text: { format: text?.format ?? { type: 'text' } },
    tool_choice: request.tool_choice ?? 'auto',
    tools: request.tools ?? [],
    top_p: request.top_p ?? null,
    truncation: 'disabled',
    usage,
    metadata: request.metadata ?? {},
    ...(request.user !== undefined && { user: request.user }),
  };
}

/** How a chat that stopped for this reason has ended. */
export function endOf(finish: string | null | undefined): Pick<ResponseEnd, 'status' | 'incomplete'> {
  if (finish === 'length') return { status: 'incomplete', incomplete: 'max_output_tokens' };
  if (finish === 'content_filter') return { status: 'incomplete', incomplete: 'content_filter' };
  return { status: 'completed' };
}

interface ChatUsage {
  readonly prompt_tokens?: number;
  readonly completion_tokens?: number;
  readonly total_tokens?: number;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number } | null;
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number } | null;
}

/** The tokens of a chat, by their newer names. */
export function responseUsage(usage: unknown): ResponseUsage | undefined {
  if (typeof usage !== 'object' || usage === null) return undefined;
  const { prompt_tokens: input = 0, completion_tokens: output = 0, total_tokens: total, ...rest } = usage as ChatUsage;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: rest.prompt_tokens_details?.cached_tokens ?? 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: rest.completion_tokens_details?.reasoning_tokens ?? 0 },
    total_tokens: total ?? input + output,
  };
}

export const textPart = (text: string): OutputPart => ({ type: 'output_text', text, annotations: [], logprobs: [] });

/** The id of a response's item: the response's own with another beginning and the item's place. */
export function itemId(prefix: 'msg' | 'fc' | 'rs', { id }: ResponseHead, index: number): string {
  return `${prefix}_${id.replace(/^resp_/, '')}_${index}`;
}
