import { JsonStructure } from '../../../kernel/json-structure.js';
import type { ChatMessage } from '../../completion.js';
import { fieldProblem, listOf, textOf } from '../../responses/field-problem.js';
import { blocksOf } from './content.js';
import type { AnthropicBlock, AnthropicTurn } from './wire.js';

/** A conversation as the Messages API wants it: instructions apart, then turns that alternate. */
export interface Conversation {
  readonly system: AnthropicBlock[];
  readonly turns: AnthropicTurn[];
}

/**
 * Instructions are collected wherever they stand, for this API knows only one place for them; neighbours of one role
 * become one turn, in which results of tools come first.
 */
export function conversationOf(messages: readonly ChatMessage[]): Conversation {
  const system: AnthropicBlock[] = [];
  const turns: AnthropicTurn[] = [];
  // A text of JSON within the body is counted by nobody else, and dear as the body itself (S208).
  const structure = new JsonStructure({ what: 'the text', isStrict: false });
  messages.forEach((message, index) => {
    const path = `messages[${index}]`;
    if (message.role === 'system' || message.role === 'developer') {
      append(system, blocksOf(message.content, `${path}.content`));
    } else {
      join(turns, turnOf(message, path, structure));
    }
  });
  if (turns.length === 0) throw fieldProblem('messages', 'must hold a message of role user');
  for (const turn of turns) turn.content = resultsFirst(turn.content);
  return { system, turns };
}

function turnOf(message: ChatMessage, path: string, structure: JsonStructure): AnthropicTurn {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: blocksOf(message.content, `${path}.content`) };
    case 'assistant':
      return { role: 'assistant', content: assistantBlocks(message, path, structure) };
    case 'tool':
      return { role: 'user', content: [resultOf(message, path)] };
    default:
      throw fieldProblem(`${path}.role`, 'must be system, developer, user, assistant or tool');
  }
}

function join(turns: AnthropicTurn[], turn: AnthropicTurn): void {
  if (turn.content.length === 0) return;
  const last = turns.at(-1);
  if (last?.role === turn.role) append(last.content, turn.content);
  else turns.push(turn);
}

/** One by one: as arguments of one call, more blocks than the stack holds would break it. */
function append(blocks: AnthropicBlock[], more: readonly AnthropicBlock[]): void {
  for (const block of more) blocks.push(block);
}

/** The order of everything else is the caller's. Done once a turn is whole: for each message anew it is quadratic (S208). */
function resultsFirst(blocks: AnthropicBlock[]): AnthropicBlock[] {
  const results = blocks.filter(isResult);
  return results.length === 0 ? blocks : [...results, ...blocks.filter((block) => !isResult(block))];
}

const isResult = ({ type }: AnthropicBlock): boolean => type === 'tool_result';

function assistantBlocks(message: ChatMessage, path: string, structure: JsonStructure): AnthropicBlock[] {
  const { thinking_blocks: thinking, tool_calls: calls } = message;
  return [
    ...(listOf(thinking, `${path}.thinking_blocks`) as unknown as AnthropicBlock[]),
    ...blocksOf(message.content, `${path}.content`),
    ...listOf(calls, `${path}.tool_calls`).map((call, index) =>
      toolUse(call, `${path}.tool_calls[${index}]`, structure),
    ),
  ];
}

function toolUse(
  call: { id?: unknown; function?: { name?: unknown; arguments?: unknown } | null },
  path: string,
  structure: JsonStructure,
): AnthropicBlock {
  return {
    type: 'tool_use',
    id: textOf(call.id, `${path}.id`),
    name: textOf(call.function?.name, `${path}.function.name`),
    input: inputOf(call.function?.arguments, `${path}.function.arguments`, structure),
  };
}

function inputOf(written: unknown, path: string, structure: JsonStructure): unknown {
  const text = textOf(written, path).trim();
  if (text === '') return {};
  const problem = structure.problem(text);
  if (problem !== undefined) throw fieldProblem(path, `cannot be read: ${problem}`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw fieldProblem(path, 'must be JSON');
  }
}

function resultOf(message: ChatMessage, path: string): AnthropicBlock {
  return {
    type: 'tool_result',
    tool_use_id: textOf(message.tool_call_id, `${path}.tool_call_id`),
    content: blocksOf(message.content, `${path}.content`),
  };
}
