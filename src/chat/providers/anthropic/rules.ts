import {
  FLAG,
  type FieldRules,
  numberIn,
  OBJECT,
  TEXT,
  TEXT_OR_TEXTS,
  wholeFrom,
} from '../../responses/field-rules.js';
import { thinkingBudget } from './thinking.js';

/** What each field of OpenAI's API must be, also where it is only a hint: nothing wrong is left out without a word. */
// prettier-ignore
export const RULES: FieldRules = {
  max_completion_tokens:          wholeFrom(1),
  max_tokens:                     wholeFrom(1),
  temperature:                    numberIn(0, 2),
  top_p:                          numberIn(0, 1),
  stop:                           TEXT_OR_TEXTS,
  tool_choice:                    { allows: isChoice, message: 'must be none, auto, required or {type:"function", function:{name}}' },
  parallel_tool_calls:            FLAG,
  response_format:                OBJECT,
  reasoning_effort:               { allows: (value) => thinkingBudget(value) !== undefined, message: 'must be none, minimal, low, medium, high or xhigh' },
  stream_options:                 OBJECT,
  'stream_options.include_usage': FLAG,
  metadata:                       OBJECT,
  logprobs:                       FLAG,
  top_logprobs:                   wholeFrom(0),
  logit_bias:                     OBJECT,
  frequency_penalty:              numberIn(-2, 2),
  presence_penalty:               numberIn(-2, 2),
  seed:                           { allows: Number.isInteger, message: 'must be a whole number' },
  store:                          FLAG,
  service_tier:                   TEXT,
};

/** The same of a tool. */
// prettier-ignore
export const TOOL_RULES: FieldRules = {
  'function.description': TEXT,
  'function.parameters':  OBJECT,
  'function.strict':      FLAG,
};

function isChoice(choice: unknown): boolean {
  return choice === 'required' || choice === 'none' || choice === 'auto' || nameIn(choice) !== undefined;
}

/** Of the tool that a choice names. */
export function nameIn(choice: unknown): string | undefined {
  const name = (choice as { function?: { name?: unknown } | null }).function?.name;
  return typeof name === 'string' ? name : undefined;
}
