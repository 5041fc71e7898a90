import type { CompletionHead, CompletionUsage, FinishReason, ToolCall } from '../../completion.js';
import { anthropicTokens } from './tokens.js';
import type { AnthropicBlock, AnthropicMessage, AnthropicUsage } from './wire.js';

// prettier-ignore
const FINISH: ReadonlyMap<string, FinishReason> = new Map(Object.entries({
  end_turn:                      'stop',
  stop_sequence:                 'stop',
  pause_turn:                    'stop',
  max_tokens:                    'length',
  model_context_window_exceeded: 'length',
  tool_use:                      'tool_calls',
  refusal:                       'content_filter',
}));

/** Why a model stopped, in OpenAI's words. */
export function finishReason(stopReason: string | null | undefined): FinishReason {
  return FINISH.get(stopReason ?? '') ?? 'stop';
}

const NOTHING = { input: 0, output: 0, cachedInput: 0 };

/** Anthropic counts what came from, and what went to, its cache apart from the rest of the prompt; OpenAI does not. */
export function completionUsage(usage: AnthropicUsage): CompletionUsage {
  const { input, output, cachedInput } = anthropicTokens(usage) ?? NOTHING;
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cachedInput },
  };
}

/** A whole answer of the Messages API as a `chat.completion`. */
export function chatCompletion(message: AnthropicMessage, head: CompletionHead): Record<string, unknown> {
  const { content, stop_reason: stopReason, usage } = message;
  return {
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    choices: [{ index: 0, message: messageOf(content), logprobs: null, finish_reason: finishReason(stopReason) }],
    usage: completionUsage(usage),
  };
}

function messageOf(content: readonly AnthropicBlock[]): Record<string, unknown> {
  const texts = content.flatMap((block) => (block.type === 'text' ? block.text : []));
  const calls = content.flatMap((block) => (block.type === 'tool_use' ? toolCall(block) : []));
  const thinking = content.filter(({ type }) => type === 'thinking' || type === 'redacted_thinking');
  const thoughts = content.flatMap((block) => (block.type === 'thinking' ? block.thinking : []));
  return {
    role: 'assistant',
    content: texts.length > 0 ? texts.join('') : null,
    refusal: null,
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(thoughts.length > 0 && { reasoning_content: thoughts.join('') }),
    // Signed by the provider, and wanted back unchanged with the results of tools.
    ...(thinking.length > 0 && { thinking_blocks: thinking }),
  };
}

function toolCall({ id, name, input }: { id: string; name: string; input: unknown }): ToolCall {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(input ?? {}) } };
}
