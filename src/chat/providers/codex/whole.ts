import type { CompletionHead } from '../../completion.js';
import type { Redaction } from '../../forwarding/redaction.js';
import { type Trouble, unusable } from '../../forwarding/trouble.js';
import { SseParser } from '../../sse.js';
import { chatUsage, finishOf, isLast, tokensOf, troubleIn } from './outcome.js';
import type { BackendEvent, BackendItem, BackendResponse } from './wire.js';

type Field = Readonly<Record<string, unknown>>;

/** The response that a whole stream of events comes to. Throws what SseParser and JSON throw for what is no such stream. */
export function responseIn(bytes: Buffer, redaction: Redaction): BackendResponse | Trouble {
  const parser = new SseParser();
  const items: BackendItem[] = [];
  for (const { data } of [...parser.push(bytes), ...parser.end()]) {
    if (data === '[DONE]') continue;
    const event = JSON.parse(data) as BackendEvent;
    const trouble = troubleIn(event, redaction);
    if (trouble) return trouble;
    if (event.type === 'response.output_item.done' && event.item) items.push(event.item);
    // The last event of the backend leaves out what the ones before have told.
    if (isLast(event) && event.response) {
      return event.response.output?.length ? event.response : { ...event.response, output: items };
    }
  }
  return unusable('ended before the answer did');
}

/** A response as a `chat.completion`. */
export function completionOf(response: BackendResponse, head: CompletionHead): Field {
  const { output = [] } = response;
  const calls = output.filter(({ type }) => type === 'function_call').map(callOf);
  const parts = output.flatMap(({ type, content = [] }) => (type === 'message' ? content : []));
  const thoughts = output.flatMap(({ summary = [] }) => summary.flatMap(({ text }) => text ?? []));
  const refusal = parts.flatMap((part) => part.refusal ?? []).join('');
  const tokens = tokensOf(response);
  const message = {
    role: 'assistant',
    content: parts.flatMap(({ text }) => text ?? []).join('') || null,
    refusal: refusal || null,
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(thoughts.length > 0 && { reasoning_content: thoughts.join('\n\n') }),
  };
  return {
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishOf(response, calls.length > 0) }],
    ...(tokens && { usage: chatUsage(tokens) }),
  };
}

function callOf({ call_id: id, name, arguments: given }: BackendItem): Field {
  return { id, type: 'function', function: { name, arguments: given } };
}
