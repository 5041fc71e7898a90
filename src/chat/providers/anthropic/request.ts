import type { ChatRequest } from '../../completion.js';
import { fieldProblem, listOf, objectOf, textOf } from '../../responses/field-problem.js';
import { checkFields } from '../../responses/field-rules.js';
import { nameIn, RULES, TOOL_RULES } from './rules.js';
import { thinkingBudget } from './thinking.js';
import { conversationOf } from './turns.js';
import type { AnthropicRequest } from './wire.js';

export interface RequestDefaults {
  /** The model's own name, without provider. */
  readonly model: string;
  /** Asked for when the caller sets no bound: this API demands one. */
  readonly maxTokens: number;
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
  checkFields(body, RULES);
  const { system, turns } = conversationOf(body.messages);
  const bound = (body.max_completion_tokens ?? body.max_tokens ?? maxTokens) as number;
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

function toolOf(tool: ToolSpec & Readonly<Record<string, unknown>>, path: string): Record<string, unknown> {
  const { type, function: spec } = tool;
  if (type !== 'function') throw fieldProblem(`${path}.type`, 'must be function for this provider');
  checkFields(tool, TOOL_RULES, `${path}.`);
  return {
    name: textOf(spec?.name, `${path}.function.name`),
    ...(typeof spec?.description === 'string' && { description: spec.description }),
    input_schema: spec?.parameters ?? { type: 'object', properties: {} },
  };
}

/** `choice` has been checked. */
function toolChoice(choice: unknown): Record<string, unknown> {
  if (choice === undefined || choice === null) return {};
  if (choice === 'none' || choice === 'auto') return { type: choice };
  if (choice === 'required') return { type: 'any' };
  return { type: 'tool', name: nameIn(choice) };
}

/** Thinking counts against the bound and allows no temperature but its own; nor can a tool then be forced. */
function thinkingOf(body: ChatRequest, bound: number): Record<string, unknown> {
  const budget = thinkingBudget(body.reasoning_effort) ?? 0;
  if (budget === 0) return {};
  const choice = body.tool_choice ?? 'auto';
  if (choice !== 'auto' && choice !== 'none')
    throw fieldProblem('tool_choice', 'must be auto or none where the model is to think first');
  return {
    thinking: { type: 'enabled', budget_tokens: budget },
    max_tokens: bound + budget,
    temperature: undefined,
    top_p: undefined,
  };
}

function formatOf({ response_format: format }: ChatRequest): Record<string, unknown> {
  if (format === undefined || format === null) return {};
  const { type, json_schema: described } = format as { type?: unknown; json_schema?: unknown };
  if (type === 'text') return {};
  if (type !== 'json_schema')
    throw fieldProblem('response_format.type', 'must be text or json_schema for this provider');
  const { schema } = objectOf(described, 'response_format.json_schema');
  return { output_config: { format: { type, schema: objectOf(schema, 'response_format.json_schema.schema') } } };
}
