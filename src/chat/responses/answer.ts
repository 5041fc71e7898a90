import { endOf, itemId, type ResponseHead, responseObject, responseUsage, textPart } from './response.js';
import { sealThoughts } from './thoughts.js';
import type { ItemStatus, OutputItem, OutputPart } from './wire.js';

/** What of a `chat.completion` is read. */
export interface Completion {
  readonly model?: string;
  readonly choices?: readonly { readonly message?: CompletionMessage; readonly finish_reason?: string | null }[];
  readonly usage?: unknown;
}

interface CompletionMessage {
  readonly content?: string | null;
  readonly refusal?: string | null;
  /** Thoughts, where a provider shows them; some call them `reasoning`. */
  readonly reasoning_content?: string | null;
  readonly reasoning?: unknown;
  readonly thinking_blocks?: readonly unknown[];
  readonly tool_calls?: readonly { id: string; function: { name: string; arguments: string } }[];
}

/** A whole answer of the chat API as a response object: thoughts, then text, then calls. */
export function responseOf(completion: Completion, head: ResponseHead): Readonly<Record<string, unknown>> {
  const { choices: [{ message = {}, finish_reason: finish } = {}] = [], usage, model } = completion;
  const end = endOf(finish);
  const status = end.status === 'incomplete' ? 'incomplete' : 'completed';
  const output = itemsOf(message, status, head);
  return responseObject(head, model ?? head.request.model, { ...end, output, usage: responseUsage(usage) });
}

function itemsOf(message: CompletionMessage, status: ItemStatus, head: ResponseHead): OutputItem[] {
  const { content, refusal, tool_calls: calls = [], thinking_blocks: blocks = [] } = message;
  const thoughts = message.reasoning_content ?? (typeof message.reasoning === 'string' ? message.reasoning : '');
  const items: OutputItem[] = [];
  if (thoughts !== '' || blocks.length > 0) {
    items.push({
      id: itemId('rs', head, items.length),
      type: 'reasoning',
      status: 'completed',
      summary: [],
      content: thoughts === '' ? [] : [{ type: 'reasoning_text', text: thoughts }],
      ...(blocks.length > 0 && { encrypted_content: sealThoughts(blocks) }),
    });
  }
  const parts: OutputPart[] = [
    ...(content ? [textPart(content)] : []),
    ...(refusal ? [{ type: 'refusal', refusal } as const] : []),
  ];
  if (parts.length > 0) {
    items.push({ id: itemId('msg', head, items.length), type: 'message', role: 'assistant', status, content: parts });
  }
  for (const { id, function: called } of calls) {
    items.push({
      id: itemId('fc', head, items.length),
      type: 'function_call',
      status,
      call_id: id,
      name: called.name,
      arguments: called.arguments,
    });
  }
  return items;
}
