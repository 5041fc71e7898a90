import type { ChatRequest } from '../completion.js';
import { fieldProblem, textOf } from './field-problem.js';
import { chatMessages } from './input.js';
import type { ResponsesRequest } from './wire.js';

type Field = Readonly<Record<string, unknown>>;

/** What needs a provider that keeps responses or runs tools by itself; left out in silence, the answer would be wrong. */
// prettier-ignore
const UNSUPPORTED: readonly (readonly [field: string, isAsked: (value: unknown) => boolean, instead: string])[] = [
  ['previous_response_id', () => true,                  'is not kept here for this provider; send the whole conversation as input'],
  ['conversation',         () => true,                  'is not kept here for this provider; send the whole conversation as input'],
  ['prompt',               () => true,                  'is not known to this provider; send its text as instructions and input'],
  ['background',           (value) => value === true,   'is not known to this provider; leave it out and wait, or stream'],
  ['top_logprobs',         (value) => value !== 0,      'is not known to this provider; leave it out'],
];

/**
 * A request of the Responses API as one of the chat API, for a provider that knows only that. Throws
 * Refused('invalid_request') naming the field for what cannot be said there; hints that change no meaning (`store`,
 * `truncation`, `metadata`, `service_tier`, `text.verbosity`, cache keys) are left out.
 */
export function chatRequest(body: ResponsesRequest): ChatRequest {
  for (const [field, isAsked, instead] of UNSUPPORTED) {
    const value = body[field];
    if (value !== undefined && value !== null && isAsked(value)) throw fieldProblem(field, instead);
  }
  const { model, instructions, input, stream, temperature, top_p, user } = body;
  const rules = instructions === undefined || instructions === null ? [] : [systemOf(instructions)];
  return {
    model,
    messages: [...rules, ...chatMessages(input)],
    ...(typeof temperature === 'number' && { temperature }),
    ...(typeof top_p === 'number' && { top_p }),
    ...(typeof user === 'string' && { user }),
    ...boundOf(body),
    ...toolsOf(body),
    ...effortOf(body),
    ...formatOf(body),
    ...(stream === true && { stream }),
  };
}

const systemOf = (instructions: unknown) => ({ role: 'system', content: textOf(instructions, 'instructions') });

/** The older name of the bound is the one that every provider of chats knows. */
function boundOf({ max_output_tokens: bound }: ResponsesRequest): Field {
  return typeof bound === 'number' ? { max_tokens: bound } : {};
}

function toolsOf({ tools, tool_choice: choice, parallel_tool_calls: parallel }: ResponsesRequest): Field {
  if (tools === undefined || tools === null) return {};
  if (!Array.isArray(tools)) throw fieldProblem('tools', 'must be a list');
  if (tools.length === 0) return {};
  return {
    tools: tools.map((tool, index) => toolOf((tool ?? {}) as Field, `tools[${index}]`)),
    ...choiceOf(choice),
    ...(typeof parallel === 'boolean' && { parallel_tool_calls: parallel }),
  };
}

/** What stands flat here stands one level deeper there. */
function toolOf({ type, name, description, parameters, strict }: Field, path: string): Field {
  if (type !== 'function')
    throw fieldProblem(`${path}.type`, 'must be function: this provider runs no tools by itself');
  return {
    type,
    function: {
      name: textOf(name, `${path}.name`),
      ...(typeof description === 'string' && { description }),
      ...(typeof parameters === 'object' && parameters !== null && { parameters }),
      ...(typeof strict === 'boolean' && { strict }),
    },
  };
}

function choiceOf(choice: unknown): Field {
  if (choice === undefined || choice === null) return {};
  if (choice === 'none' || choice === 'auto' || choice === 'required') return { tool_choice: choice };
  const { type, name } = choice as Field;
  if (type === 'function' && typeof name === 'string') return { tool_choice: { type, function: { name } } };
  throw fieldProblem('tool_choice', 'must be none, auto, required or {type:"function", name} for this provider');
}

function effortOf({ reasoning }: ResponsesRequest): Field {
  const { effort } = (reasoning ?? {}) as Field;
  return typeof effort === 'string' ? { reasoning_effort: effort } : {};
}

function formatOf({ text }: ResponsesRequest): Field {
  const { format } = (text ?? {}) as { format?: Field | null };
  if (!format || format.type === 'text') return {};
  if (format.type === 'json_object') return { response_format: { type: 'json_object' } };
  if (format.type !== 'json_schema') throw fieldProblem('text.format.type', 'must be text, json_object or json_schema');
  const { type, ...described } = format;
  return { response_format: { type, json_schema: described } };
}
