import { Refused } from '../../kernel/errors.js';
import { refusedFields } from './field-rules.js';
import { inputConversation } from './input.js';
import type { ResponsesRequest } from './wire.js';

type Words = readonly (readonly [chat: RegExp, callers: string])[];

/** Fields of a chat, and where what stands in them came from. */
// prettier-ignore
const FIELDS: Words = [
  [/^max_(completion_)?tokens$/,            'max_output_tokens'],
  [/^reasoning_effort$/,                    'reasoning.effort'],
  [/^response_format(\.json_schema)?/,      'text.format'],
  [/^(tools\[\d+\])\.function/,             '$1'],
  [/^messages$/,                            'input'],
];

/** The same beneath an item. */
// prettier-ignore
const BENEATH: Words = [
  [/^\.tool_calls\[\d+\]\.id$/,             '.call_id'],
  [/^\.tool_calls\[\d+\](\.function)?/,     ''],
  [/^\.tool_call_id$/,                      '.call_id'],
  [/\.image_url\.url$/,                     '.image_url'],
  [/\.file(\.file_data)?$/,                 '.file_data'],
];

/**
 * What refuses a chat, about the request of the Responses API that the chat was made of: every field is named as the
 * caller wrote it (contract 3). Anything but a refusal that names fields is given back as it is.
 */
export function inCallersFields(error: unknown, request: ResponsesRequest): unknown {
  if (!(error instanceof Refused) || error.code !== 'invalid_request' || !error.detail.fields) return error;
  return refusedFields(error.detail.fields.map(({ path, message }) => ({ path: callersPath(path, request), message })));
}

function callersPath(path: string, { input, instructions }: ResponsesRequest): string {
  const [, at, beneath] = /^messages\[(\d+)\](.*)$/.exec(path) ?? [];
  if (at === undefined) return reworded(path, FIELDS);
  // Instructions are the first message.
  const index = typeof instructions === 'string' ? Number(at) - 1 : Number(at);
  if (index < 0) return 'instructions';
  if (!Array.isArray(input)) return 'input';
  const origin = inputConversation(input).origins[index]!;
  const call = /^\.tool_calls\[(\d+)\]/.exec(beneath!)?.[1];
  const item = call === undefined ? origin.item : origin.calls[Number(call)]!;
  const { type } = input[item] as { type?: unknown };
  const own = type === 'function_call_output' ? beneath!.replace(/^\.content/, '.output') : beneath!;
  return fileOrAddress(`input[${item}]${reworded(own, BENEATH)}`, input);
}

function reworded(path: string, words: Words): string {
  const word = words.find(([chat]) => chat.test(path));
  return word ? path.replace(...word) : path;
}

/** A file may have been given by its address. */
function fileOrAddress(path: string, input: readonly unknown[]): string {
  const [, item, list, part] = /^input\[(\d+)\]\.(content|output)\[(\d+)\]\.file_data$/.exec(path) ?? [];
  if (item === undefined) return path;
  const parts = (input[Number(item)] as Readonly<Record<string, readonly unknown[]>>)[list!]!;
  const { file_data: data } = parts[Number(part)] as { file_data?: unknown };
  return data === undefined || data === null ? path.replace(/file_data$/, 'file_url') : path;
}
