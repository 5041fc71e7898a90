import type { CompletionHead } from '../../completion.js';
import type { Tokens } from '../../forwarding/tokens.js';
import { Kept } from '../../kept.js';
import { chatUsage, finishOf, isLast, tokensOf } from './outcome.js';
import type { BackendEvent, BackendItem } from './wire.js';

type Chunk = Readonly<Record<string, unknown>>;

/** Turns the events of one streamed response into chunks of the chat API, in order, as they come. */
export class ChatChunks {
  isOver = false;
  tokens: Tokens | undefined;
  private hasBegun = false;
  /** By the place of the call among the items: the place among the calls, and whether its arguments have begun. */
  private readonly calls = new Map<number, { readonly index: number; hasArguments: boolean }>();
  private readonly kept = new Kept();

  constructor(
    private readonly head: CompletionHead,
    private readonly includeUsage: boolean,
  ) {}

  /** The chunks that one event becomes; none after the end. Throws BrokenStream for an answer that has none. */
  push(event: BackendEvent): Chunk[] {
    if (this.isOver) return [];
    if (isLast(event)) return [...this.begin(), ...this.last(event)];
    const chunks = this.of(event);
    return chunks.length === 0 ? [] : [...this.begin(), ...chunks];
  }

  private of({ type, delta, item, output_index: at = -1 }: BackendEvent): Chunk[] {
    switch (type) {
      case 'response.output_text.delta':
        return this.piece({ content: delta });
      case 'response.refusal.delta':
        return this.piece({ refusal: delta });
      case 'response.reasoning_text.delta':
      case 'response.reasoning_summary_text.delta':
        return this.piece({ reasoning_content: delta });
      case 'response.output_item.added':
        return item?.type === 'function_call' ? this.call(at, item) : [];
      case 'response.function_call_arguments.delta':
        return delta ? this.arguments(at, delta) : [];
      case 'response.output_item.done':
        return item?.type === 'function_call' ? this.whole(at, item) : [];
      default:
        return [];
    }
  }

  private begin(): Chunk[] {
    if (this.hasBegun) return [];
    this.hasBegun = true;
    return [this.chunk({ role: 'assistant', content: '' })];
  }

  private call(at: number, { call_id: id, name }: BackendItem): Chunk[] {
    this.kept.one();
    const index = this.calls.size;
    this.calls.set(at, { index, hasArguments: false });
    return [this.chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] })];
  }

  private arguments(at: number, piece: string): Chunk[] {
    const call = this.calls.get(at);
    if (!call) return [];
    call.hasArguments = true;
    return [this.chunk({ tool_calls: [{ index: call.index, function: { arguments: piece } }] })];
  }

  /** A call may come all at once, and its arguments without pieces. */
  private whole(at: number, item: BackendItem): Chunk[] {
    const begun = this.calls.has(at) ? [] : this.call(at, item);
    if (this.calls.get(at)!.hasArguments || !item.arguments) return begun;
    return [...begun, ...this.arguments(at, item.arguments)];
  }

  private last({ response }: BackendEvent): Chunk[] {
    this.isOver = true;
    this.tokens = tokensOf(response ?? {});
    const finish = this.chunk({}, finishOf(response ?? {}, this.calls.size > 0));
    const usage = this.includeUsage && this.tokens;
    return usage ? [finish, this.bare({ choices: [], usage: chatUsage(usage) })] : [finish];
  }

  private piece(delta: Chunk): Chunk[] {
    return Object.values(delta)[0] ? [this.chunk(delta)] : [];
  }

  private chunk(delta: Chunk, finish: string | null = null): Chunk {
    return this.bare({ choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] });
  }

  private bare(rest: Chunk): Chunk {
    const { id, created, model } = this.head;
    return { id, object: 'chat.completion.chunk', created, model, ...rest };
  }
}
