import type { ChatMessage } from '../completion.js';
import { chatContent } from './content.js';
import { fieldProblem, objectOf, textOf } from './field-problem.js';
import { openThoughts } from './thoughts.js';

type Item = Readonly<Record<string, unknown>>;

/** The part of a turn of the model that came so far: thoughts, text and calls are one message of a chat. */
interface Turn {
  thinking: unknown[];
  content: string | Item[] | undefined;
  calls: Item[];
}

/**
 * A request's `input` as the messages of a chat: a text is a question of the user. Throws Refused('invalid_request')
 * naming the item for what a chat cannot hold.
 */
export function chatMessages(input: unknown): ChatMessage[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  if (!Array.isArray(input)) throw fieldProblem('input', 'must be a text or a list of items');
  const conversation = new Conversation();
  input.forEach((item, index) => conversation.add(objectOf(item, `input[${index}]`), `input[${index}]`));
  return conversation.end();
}

class Conversation {
  private readonly messages: ChatMessage[] = [];
  private turn: Turn | undefined;

  add(item: Item, path: string): void {
    switch (item.type) {
      case undefined:
      case 'message':
        return this.message(item, path);
      case 'reasoning':
        return this.thoughts(item);
      case 'function_call':
        return void this.own().calls.push(callOf(item, path));
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

  end(): ChatMessage[] {
    this.close();
    if (this.messages.length === 0) throw fieldProblem('input', 'must hold a message');
    return this.messages;
  }

  private message({ role, content }: Item, path: string): void {
    const said = chatContent(content, `${path}.content`);
    switch (role) {
      case 'assistant':
        if (this.turn?.content !== undefined) this.close();
        this.own().content = said;
        return;
      case 'user':
      case 'system':
        return this.other({ role, content: said });
      case 'developer':
        return this.other({ role: 'system', content: said }); // a newer word, which few providers know
      default:
        throw fieldProblem(`${path}.role`, 'must be user, assistant, system or developer');
    }
  }

  /** Thoughts stand before what came of them. Those that another provider has encrypted are of no use here. */
  private thoughts({ encrypted_content: text }: Item): void {
    const blocks = openThoughts(text);
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
    return (this.turn ??= { thinking: [], content: undefined, calls: [] });
  }

  private other(message: ChatMessage): void {
    this.close();
    this.messages.push(message);
  }

  private close(): void {
    const { turn } = this;
    this.turn = undefined;
    if (!turn || (turn.content === undefined && turn.calls.length === 0)) return;
    const { thinking, content = null, calls } = turn;
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
