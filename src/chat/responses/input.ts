import type { ChatMessage } from '../completion.js';
import { chatContent } from './content.js';
import { fieldProblem, objectOf, textOf } from './field-problem.js';
import { openThoughts, structureOfThoughts } from './thoughts.js';

type Item = Readonly<Record<string, unknown>>;

/** The part of a turn of the model that came so far: thoughts, text and calls are one message of a chat. */
interface Turn {
  thinking: unknown[];
  content: string | Item[] | undefined;
  calls: Item[];
  origin: { item: number; readonly calls: number[] };
}

/** Which items of the input a message was made of, by their places in it. */
export interface Origin {
  /** The one that holds its content; of a message without, its first. */
  readonly item: number;
  /** Those of its calls, one for each. */
  readonly calls: readonly number[];
}

/**
 * A request's `input` as the messages of a chat: a text is a question of the user. Throws Refused('invalid_request')
 * naming the item for what a chat cannot hold.
 */
export function chatMessages(input: unknown): ChatMessage[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  if (!Array.isArray(input)) throw fieldProblem('input', 'must be a text or a list of items');
  return inputConversation(input).messages;
}

/** The same of a list of items, with where each of the messages comes from. */
export function inputConversation(input: readonly unknown[]): Pick<Conversation, 'messages' | 'origins'> {
  const conversation = new Conversation();
  input.forEach((item, index) => conversation.add(objectOf(item, `input[${index}]`), index));
  conversation.end();
  return conversation;
}

class Conversation {
  readonly messages: ChatMessage[] = [];
  /** One for each of the messages. */
  readonly origins: Origin[] = [];
  private turn: Turn | undefined;
  /** The place of the item that is being added. */
  private at = 0;
  private readonly structure = structureOfThoughts();

  add(item: Item, index: number): void {
    const path = `input[${index}]`;
    this.at = index;
    switch (item.type) {
      case undefined:
      case 'message':
        return this.message(item, path);
      case 'reasoning':
        return this.thoughts(item);
      case 'function_call':
        return this.call(callOf(item, path));
      case 'function_call_output':
        return this.result(item, path);
      case 'item_reference':
        throw fieldProblem(`${path}.type`, 'must be the item itself: what this provider answered is not kept here');
      default:
        throw fieldProblem(
          `${path}.type`,
          'must be message, reasoning, function_call or function_call_output for this provider',
        );
    }
  }

  end(): void {
    this.close();
    if (this.messages.length === 0) throw fieldProblem('input', 'must hold a message');
  }

  private call(call: Item): void {
    const { calls, origin } = this.own();
    calls.push(call);
    origin.calls.push(this.at);
  }

  private message({ role, content }: Item, path: string): void {
    const said = chatContent(content, `${path}.content`);
    switch (role) {
      case 'assistant':
        if (this.turn?.content !== undefined) this.close();
        return this.answer(said);
      case 'user':
      case 'system':
        return this.other({ role, content: said });
      case 'developer':
        return this.other({ role: 'system', content: said }); // a newer word, which few providers know
      default:
        throw fieldProblem(`${path}.role`, 'must be user, assistant, system or developer');
    }
  }

  private answer(said: string | Item[]): void {
    const turn = this.own();
    turn.content = said;
    turn.origin.item = this.at;
  }

  /** Thoughts stand before what came of them. Those that another provider has encrypted are of no use here. */
  private thoughts({ encrypted_content: text }: Item): void {
    const blocks = openThoughts(text, this.structure);
    if (!blocks) return;
    if (this.turn && (this.turn.content !== undefined || this.turn.calls.length > 0)) this.close();
    const { thinking } = this.own();
    for (const block of blocks) thinking.push(block); // as arguments of one call they could break the stack
  }

  private result({ call_id: id, output }: Item, path: string): void {
    this.other({
      role: 'tool',
      tool_call_id: textOf(id, `${path}.call_id`),
      content: chatContent(output, `${path}.output`),
    });
  }

  private own(): Turn {
    return (this.turn ??= { thinking: [], content: undefined, calls: [], origin: { item: this.at, calls: [] } });
  }

  private other(message: ChatMessage): void {
    this.close();
    this.messages.push(message);
    this.origins.push({ item: this.at, calls: [] });
  }

  private close(): void {
    const { turn } = this;
    this.turn = undefined;
    if (!turn || (turn.content === undefined && turn.calls.length === 0)) return;
    const { thinking, content = null, calls, origin } = turn;
    this.origins.push(origin);
    this.messages.push({
      role: 'assistant',
      content,
      ...(calls.length > 0 && { tool_calls: calls }),
      ...(thinking.length > 0 && { thinking_blocks: thinking }),
    });
  }
}

function callOf({ call_id: id, name, arguments: given }: Item, path: string): Item {
  return {
    id: textOf(id, `${path}.call_id`),
    type: 'function',
    function: { name: textOf(name, `${path}.name`), arguments: textOf(given, `${path}.arguments`) },
  };
}
