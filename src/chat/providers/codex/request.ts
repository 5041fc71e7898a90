import { fieldProblem } from '../../responses/field-problem.js';

type Fields = Readonly<Record<string, unknown>>;

/** The backend answers nothing without instructions. */
const INSTRUCTIONS = 'You are a helpful assistant.';

/** What the backend takes; it refuses a request for any other field, bounds and temperatures among them. */
const TAKEN = [
  'instructions',
  'input',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning',
  'text',
  'include',
  'prompt_cache_key',
] as const;

/** It keeps nothing, so what leads back to something kept cannot be asked. */
const KEPT = ['previous_response_id', 'conversation', 'prompt'] as const;

const THOUGHTS = 'reasoning.encrypted_content';

/**
 * A request of the Responses API as the backend of ChatGPT's subscriptions takes it: always a stream, never stored.
 * Throws Refused('invalid_request') for what refers to a stored answer.
 */
export function backendRequest(request: Fields, model: string): Fields {
  for (const field of KEPT) {
    if (request[field] === undefined || request[field] === null) continue;
    throw fieldProblem(field, 'is not kept by this provider; send the whole conversation as input');
  }
  const taken = Object.fromEntries(
    TAKEN.flatMap((field) =>
      request[field] === undefined || request[field] === null ? [] : [[field, request[field]]],
    ),
  );
  const { instructions, include } = taken;
  return {
    ...taken,
    model,
    instructions: typeof instructions === 'string' && instructions.trim() !== '' ? instructions : INSTRUCTIONS,
    input: itemsOf(request.input),
    include: [...new Set([...(Array.isArray(include) ? (include as string[]) : []), THOUGHTS])],
    store: false,
    stream: true,
  };
}

/** It knows lists alone, and instructions of developers in place of those of a system. */
function itemsOf(input: unknown): unknown[] {
  if (typeof input === 'string')
    return [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: input }] }];
  if (!Array.isArray(input)) throw fieldProblem('input', 'must be a text or a list of items');
  return input.map((item: unknown) => {
    const { role } = (item ?? {}) as Fields;
    return role === 'system' ? { ...(item as Fields), role: 'developer' } : item;
  });
}
