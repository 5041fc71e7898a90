import type { ChatRequest } from '../../completion.js';
import { fieldProblem, listOf, objectOf, textOf } from '../../responses/field-problem.js';
import { conversationOf } from './turns.js';
import type { AnthropicRequest } from './wire.js';

export interface RequestDefaults {
  /** The model's own name, without provider. */
  readonly model: string;
  /** Asked for when the caller sets no bound: this API demands one. */
  readonly maxTokens: number;
}

/** How much a model may think before it answers, in tokens. */
const THINKING_BUDGET: ReadonlyMap<string, number> = new Map(
  Object.entries({ none: 0, minimal: 0, low: 1024, medium: 8192, high: 24_576, xhigh: 32_768 }),
);

/** What an effort comes to, in tokens; undefined for none of those that are known. */
export function thinkingBudget(effort: unknown): number | undefined {
  return effort === undefined || effort === null ? 0 : THINKING_BUDGET.get(String(effort));
}

/** What this API cannot do, and would otherwise be silently left out of the answer. */
// prettier-ignore
const UNSUPPORTED: readonly (readonly [field: string, isAsked: (value: unknown) => boolean])[] = [
  ['n',             (value) => value !== 1],
  ['logprobs',      (value) => value === true],
  ['audio',         () => true],
  ['functions',     () => true],
  ['function_call', () => true],
];

/**
 * A request of the chat API in the words of the Messages API. Throws Refused('invalid_request') naming the field for
 * what cannot be said there; hints that change no meaning (`seed`, penalties, `store`) are left out.
 */
export function anthropicRequest(body: ChatRequest, { model, maxTokens }: RequestDefaults): AnthropicRequest {
  for (const [field, isAsked] of UNSUPPORTED) {
    const value = body[field];
    if (value !== undefined && value !== null && isAsked(value))
      throw fieldProblem(field, 'is not known to this provider');
  }
  const { system, turns } = conversationOf(body.messages);
  const bound = boundOf(body, 'max_completion_tokens') ?? boundOf(body, 'max_tokens') ?? maxTokens;
  return {
    model,
    messages: turns,
    ...(system.length > 0 && { system }),
    ...samplingOf(body),
    max_tokens: bound,
    ...toolsOf(body),
    ...thinkingOf(body, bound),
    ...formatOf(body),
    ...(typeof body.user === 'string' && { metadata: { user_id: body.user } }),
    ...(body.stream === true && { stream: true }),
  };
}

function boundOf(body: ChatRequest, field: 'max_completion_tokens' | 'max_tokens'): number | undefined {
  const bound = body[field];
  if (bound === undefined || bound === null) return undefined;
  if (typeof bound !== 'number') throw fieldProblem(field, 'must be a number');
  return bound;
}

function samplingOf({ temperature, top_p: topP, stop }: ChatRequest): Record<string, unknown> {
  const stops = (Array.isArray(stop) ? stop : [stop]).filter((text) => typeof text === 'string' && text.trim() !== '');
  return {
    // OpenAI counts to 2, Anthropic to 1: what lies beyond is as hot as it gets.
    ...(typeof temperature === 'number' && { temperature: Math.min(temperature, 1) }),
    ...(typeof topP === 'number' && { top_p: topP }),
    ...(stops.length > 0 && { stop_sequences: stops }),
  };
}

function toolsOf({ tools, tool_choice: choice, parallel_tool_calls: parallel }: ChatRequest): Record<string, unknown> {
  const given = listOf(tools, 'tools');
  if (given.length === 0) return {};
  const choiceOf = { ...toolChoice(choice), ...(parallel === false && { disable_parallel_tool_use: true }) };
  return {
    tools: given.map((tool, index) => toolOf(tool, `tools[${index}]`)),
    ...(Object.keys(choiceOf).length > 0 && { tool_choice: { type: 'auto', ...choiceOf } }),
  };
}

interface ToolSpec {
  readonly type?: unknown;
  readonly function?: { readonly name?: unknown; readonly description?: unknown; readonly parameters?: unknown } | null;
}

function toolOf({ type, function: spec }: ToolSpec, path: string): Record<string, unknown> {
  if (type !== 'function') throw fieldProblem(`${path}.type`, 'must be function for this provider');
  return {
    name: textOf(spec?.name, `${path}.function.name`),
    ...(typeof spec?.description === 'string' && { description: spec.description }),
    input_schema: spec?.parameters ?? { type: 'object', properties: {} },
  };
}

function toolChoice(choice: unknown): Record<string, unknown> {
  if (choice === undefined || choice === null) return {};
  if (choice === 'none' || choice === 'auto') return { type: choice };
  if (choice === 'required') return { type: 'any' };
  const name = (choice as ToolSpec).function?.name;
  if (typeof name === 'string') return { type: 'tool', name };
  throw fieldProblem('tool_choice', 'must be none, auto, required or {type:"function", function:{name}}');
}

/** Thinking counts against the bound and allows no temperature but its own; nor can a tool then be forced. */
function thinkingOf(body: ChatRequest, bound: number): Record<string, unknown> {
  const budget = thinkingBudget(body.reasoning_effort);
  if (budget === 0) return {};
  if (budget === undefined) throw fieldProblem('reasoning_effort', 'must be none, minimal, low, medium, high or xhigh');
  const forced = body.tool_choice !== undefined && body.tool_choice !== 'auto' && body.tool_choice !== 'none';
  if (forced) throw fieldProblem('tool_choice', 'must be auto or none together with reasoning_effort');
  return {
    thinking: { type: 'enabled', budget_tokens: budget },
    max_tokens: bound + budget,
    temperature: undefined,
    top_p: undefined,
  };
}

function formatOf({ response_format: format }: ChatRequest): Record<string, unknown> {
  const { type, json_schema: described } = (format ?? {}) as { type?: unknown; json_schema?: unknown };
  if (type === undefined || type === 'text') return {};
  if (type === 'json_schema') {
    return { output_config: { format: { type, schema: objectOf(described, 'response_format.json_schema').schema } } };
  }
  throw fieldProblem('response_format.type', 'must be text or json_schema for this provider');
}
