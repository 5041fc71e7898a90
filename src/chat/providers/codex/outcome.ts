import { tidy } from '../../forwarding/error-text.js';
import type { Redaction } from '../../forwarding/redaction.js';
import { openAiTokens, type Tokens } from '../../forwarding/tokens.js';
import { Trouble } from '../../forwarding/trouble.js';
import type { CompletionUsage, FinishReason } from '../../completion.js';
import type { BackendEvent, BackendResponse } from './wire.js';

/** The status that an error would have had where it comes at once. */
// prettier-ignore
const STATUSES: ReadonlyMap<string, number> = new Map(Object.entries({
  rate_limit_exceeded:     429,
  usage_limit_reached:     429,
  insufficient_quota:      429,
  context_length_exceeded: 400,
  invalid_prompt:          400,
  server_is_overloaded:    529,
}));

/** What is wrong, where an event says so. */
export function troubleIn(event: BackendEvent, redaction: Redaction): Trouble | undefined {
  if (event.type !== 'error' && event.type !== 'response.failed') return undefined;
  const inner = (typeof event.error === 'object' ? event.error : undefined) ?? event.response?.error ?? event;
  const { code, message } = inner as { code?: unknown; message?: unknown };
  const words = typeof message === 'string' && message !== '' ? message : 'breaks off with an error that says nothing';
  const named = typeof code === 'string' && !words.includes(code) ? ` (${code})` : '';
  return new Trouble(STATUSES.get(String(code)) ?? 500, tidy(words + named, redaction));
}

/** Why the model stopped, in the words of the chat API. */
export function finishOf({ incomplete_details: details }: BackendResponse, called: boolean): FinishReason {
  if (details?.reason === 'content_filter') return 'content_filter';
  if (details) return 'length';
  return called ? 'tool_calls' : 'stop';
}

/** What was used, by its names in the chat API. */
export function chatUsage({ input, output, cachedInput }: Tokens): CompletionUsage {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cachedInput },
  };
}

export const tokensOf = ({ usage }: BackendResponse): Tokens | undefined => openAiTokens(usage);

/** Whether an event is the last of an answer that came to an end. */
export function isLast({ type }: BackendEvent): boolean {
  return type === 'response.completed' || type === 'response.incomplete' || type === 'response.done';
}
