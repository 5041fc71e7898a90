import type { ChatMessage, ChatRequest } from '../../completion.js';
import { fieldProblem, listOf, objectOf, textOf } from '../../responses/field-problem.js';

type Field = Readonly<Record<string, unknown>>;

/** What the backend cannot do, and what would otherwise be silently left out of the answer. */
// prettier-ignore
const UNSUPPORTED: readonly (readonly [field: string, isAsked: (value: unknown) => boolean])[] = [
  ['n',             (value) => value !== 1],
  ['stop',          (value) => !Array.isArray(value) || value.length > 0],
  ['logprobs',      (value) => value === true],
  ['audio',         () => true],
  ['functions',     () => true],
  ['function_call', () => true],
];

/**
 * A request of the chat API as one of the Responses API. Throws Refused('invalid_request') naming the field for what
 * cannot be said there.
 */
export function responsesRequest(body: ChatRequest): Field {
  for (const [field, isAsked] of UNSUPPORTED) {
    const value = body[field];
    if (value !== undefined && value !== null && isAsked(value))
      throw fieldProblem(field, 'is not known to this provider');
  }
  const { system, input } = conversationOf(body.messages);
  return {
    ...(system.length > 0 && { instructions: system.join('\n\n') }),
    input,
    ...toolsOf(body),
    ...effortOf(body),
    ...formatOf(body),
  };
}

function conversationOf(messages: readonly ChatMessage[]): { system: string[]; input: Field[] } {
  const system: string[] = [];
  const input: Field[] = [];
  messages.forEach((message, index) => {
    const path = `messages[${index}]`;
    switch (message.role) {
      case 'system':
      case 'developer':
        return void system.push(plainText(message.content, `${path}.content`));
      case 'user':
        return void input.push({ type: 'message', role: 'user', content: partsOf(message.content, `${path}.content`) });
      case 'assistant':
        return void input.push(...assistantItems(message, path));
      case 'tool':
        return void input.push(resultOf(message, path));
      default:
        throw fieldProblem(`${path}.role`, 'must be system, developer, user, assistant or tool');
    }
  });
  if (input.length === 0) throw fieldProblem('messages', 'must hold a message of role user');
  return { system, input };
}

function assistantItems({ content, tool_calls: calls }: ChatMessage, path: string): Field[] {
  const text = content === null || content === undefined ? '' : plainText(content, `${path}.content`);
  const said = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text, annotations: [] }] };
  const called = listOf(calls, `${path}.tool_calls`).map((call, at) => callOf(call, `${path}.tool_calls[${at}]`));
  return [...(text === '' ? [] : [said]), ...called];
}

function callOf({ id, function: called }: Field, path: string): Field {
  const { name, arguments: given } = (called ?? {}) as Field;
  return {
    type: 'function_call',
    call_id: textOf(id, `${path}.id`),
    name: textOf(name, `${path}.function.name`),
    arguments: textOf(given, `${path}.function.arguments`),
  };
}

function resultOf({ tool_call_id: id, content }: ChatMessage, path: string): Field {
  return {
    type: 'function_call_output',
    call_id: textOf(id, `${path}.tool_call_id`),
    output: plainText(content, `${path}.content`),
  };
}

function plainText(content: unknown, path: string): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw fieldProblem(path, 'must be a text or a list of parts');
  return content.map((part: Field, at) => textOf(part?.text ?? part?.refusal, `${path}[${at}].text`)).join('');
}

function partsOf(content: unknown, path: string): Field[] {
  if (typeof content === 'string') return [{ type: 'input_text', text: content }];
  if (!Array.isArray(content)) throw fieldProblem(path, 'must be a text or a list of parts');
  return content.map((part: Field, at) => partOf(part ?? {}, `${path}[${at}]`));
}

function partOf(part: Field, path: string): Field {
  switch (part.type) {
    case 'text':
      return { type: 'input_text', text: textOf(part.text, `${path}.text`) };
    case 'image_url': {
      const { url, detail = 'auto' } = (
        typeof part.image_url === 'string' ? { url: part.image_url } : (part.image_url ?? {})
      ) as Field;
      return { type: 'input_image', image_url: textOf(url, `${path}.image_url.url`), detail };
    }
    case 'file': {
      const { file_data: data, filename } = (part.file ?? {}) as Field;
      return {
        type: 'input_file',
        file_data: textOf(data, `${path}.file.file_data`),
        ...(filename !== undefined && { filename }),
      };
    }
    default:
      throw fieldProblem(`${path}.type`, 'must be text, image_url or file for this provider');
  }
}

function toolsOf({ tools, tool_choice: choice, parallel_tool_calls: parallel }: ChatRequest): Field {
  const given = listOf(tools, 'tools');
  if (given.length === 0) return {};
  return {
    tools: given.map((tool, at) => toolOf(tool, `tools[${at}]`)),
    ...choiceOf(choice),
    ...(typeof parallel === 'boolean' && { parallel_tool_calls: parallel }),
  };
}

/** What stands one level deeper there stands flat here. */
function toolOf({ type, function: spec }: Field, path: string): Field {
  if (type !== 'function') throw fieldProblem(`${path}.type`, 'must be function for this provider');
  const { name, description, parameters = { type: 'object', properties: {} }, strict = false } = (spec ?? {}) as Field;
  return {
    type,
    name: textOf(name, `${path}.function.name`),
    ...(typeof description === 'string' && { description }),
    parameters,
    strict,
  };
}

function choiceOf(choice: unknown): Field {
  if (choice === undefined || choice === null) return {};
  if (choice === 'none' || choice === 'auto' || choice === 'required') return { tool_choice: choice };
  const name = ((choice as Field).function as Field | undefined)?.name;
  if (typeof name === 'string') return { tool_choice: { type: 'function', name } };
  throw fieldProblem('tool_choice', 'must be none, auto, required or {type:"function", function:{name}}');
}

function effortOf({ reasoning_effort: effort }: ChatRequest): Field {
  return typeof effort === 'string' ? { reasoning: { effort, summary: 'auto' } } : {};
}

function formatOf({ response_format: format }: ChatRequest): Field {
  const { type, json_schema: described } = (format ?? {}) as Field;
  if (type === undefined || type === 'text') return {};
  if (type === 'json_object') return { text: { format: { type } } };
  if (type === 'json_schema')
    return { text: { format: { type, ...objectOf(described, 'response_format.json_schema') } } };
  throw fieldProblem('response_format.type', 'must be text, json_object or json_schema');
}
