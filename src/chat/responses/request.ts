import type { ChatRequest } from '../completion.js';
import { fieldProblem, listOf, textOf } from './field-problem.js';
import { checkFields, FLAG, type FieldRules, LIST, numberIn, OBJECT, TEXT, TEXTS, wholeFrom } from './field-rules.js';
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

/** What each field of OpenAI's API must be, also where it is only a hint: nothing wrong is left out without a word. */
// prettier-ignore
const RULES: FieldRules = {
  instructions:                    TEXT,
  max_output_tokens:               wholeFrom(1),
  temperature:                     numberIn(0, 2),
  top_p:                           numberIn(0, 1),
  tools:                           LIST,
  tool_choice:                     { allows: (choice) => choiceOf(choice) !== undefined, message: 'must be none, auto, required or {type:"function", name} for this provider' },
  parallel_tool_calls:             FLAG,
  max_tool_calls:                  wholeFrom(1),
  reasoning:                       OBJECT,
  'reasoning.effort':              TEXT,
  'reasoning.summary':             TEXT,
  text:                            OBJECT,
  'text.verbosity':                TEXT,
  'text.format':                   OBJECT,
  'text.format.name':              TEXT,
  'text.format.description':       TEXT,
  'text.format.schema':            OBJECT,
  'text.format.strict':            FLAG,
  include:                         TEXTS,
  metadata:                        OBJECT,
  store:                           FLAG,
  background:                      FLAG,
  top_logprobs:                    wholeFrom(0),
  truncation:                      TEXT,
  service_tier:                    TEXT,
  stream_options:                  OBJECT,
  prompt_cache_key:                TEXT,
  safety_identifier:               TEXT,
};

// prettier-ignore
const TOOL_RULES: FieldRules = {
  description: TEXT,
  parameters:  OBJECT,
  strict:      FLAG,
};

/**
 * A request of the Responses API as one of the chat API, for a provider that knows only that. Throws
 * Refused('invalid_request') naming the field for what cannot be said there; hints that change no meaning (`store`,
 * `truncation`, `metadata`, `service_tier`, `text.verbosity`, cache keys) are left out.
 */
export function chatRequest(body: ResponsesRequest): ChatRequest {
  checkFields(body, RULES);
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
  const given = listOf(tools, 'tools');
  if (given.length === 0) return {};
  return {
    tools: given.map((tool, index) => toolOf(tool, `tools[${index}]`)),
    ...choiceOf(choice),
    ...(typeof parallel === 'boolean' && { parallel_tool_calls: parallel }),
  };
}

/** What stands flat here stands one level deeper there. */
function toolOf(tool: Field, path: string): Field {
  const { type, name, description, parameters, strict } = tool;
  if (type !== 'function')
    throw fieldProblem(`${path}.type`, 'must be function: this provider runs no tools by itself');
  checkFields(tool, TOOL_RULES, `${path}.`);
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

/** Undefined for what is no choice. */
function choiceOf(choice: unknown): Field | undefined {
  if (choice === undefined || choice === null) return {};
  if (choice === 'none' || choice === 'auto' || choice === 'required') return { tool_choice: choice };
  const { type, name } = choice as Field;
  return type === 'function' && typeof name === 'string' ? { tool_choice: { type, function: { name } } } : undefined;
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
