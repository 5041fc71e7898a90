import type { CompletionHead } from '../../completion.js';
import { Kept } from '../../kept.js';
import { completionUsage, finishReason } from './answer.js';
import type { AnthropicBlock, AnthropicDelta, AnthropicEvent, AnthropicUsage } from './wire.js';

type Chunk = Readonly<Record<string, unknown>>;

const COUNTERS = [
  'input_tokens',
  'output_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
] as const satisfies readonly (keyof AnthropicUsage)[];

/** What has become of a stream after the events so far. */
export type StreamState = 'open' | 'done' | 'failed';

/**
 * Turns the events of one streamed answer into OpenAI's chunks, in order, as they come. Blocks of thinking travel as
 * `reasoning_content`, with their signed form once each is complete.
 */
export class AnthropicStream {
  state: StreamState = 'open';
  /** The provider's own error, when it broke off with one. */
  error: { readonly type: string; readonly message: string } | undefined;
  private counted: AnthropicUsage = {};
  private calls = 0;
  private readonly open = new Map<number, OpenBlock>();
  private readonly kept = new Kept();

  constructor(
    private readonly head: CompletionHead,
    private readonly includeUsage: boolean,
  ) {}

  /** Tokens so far; complete when `state` is `done`. */
  get usage(): AnthropicUsage {
    return this.counted;
  }

  /** The chunks that one event becomes; none after the stream has ended. Throws BrokenStream for one that has no end. */
  push(event: AnthropicEvent): Chunk[] {
    if (this.state !== 'open') return [];
    switch (event.type) {
      case 'message_start':
        this.count(event.message.usage);
        return [this.chunk({ role: 'assistant', content: '' })];
      case 'content_block_start':
        return this.start(event.index, event.content_block);
      case 'content_block_delta':
        return this.delta(event.index, event.delta);
      case 'content_block_stop':
        return this.stop(event.index);
      case 'message_delta':
        this.count(event.usage);
        return [this.chunk({}, finishReason(event.delta.stop_reason))];
      case 'message_stop':
        this.state = 'done';
        return this.includeUsage ? [this.bare({ choices: [], usage: completionUsage(this.counted) })] : [];
      case 'error':
        this.state = 'failed';
        this.error = {
          type: event.error.type ?? 'api_error',
          message: event.error.message ?? 'the provider broke off',
        };
        return [];
      default:
        return []; // ping, and whatever a newer version may send
    }
  }

  private start(index: number, block: AnthropicBlock): Chunk[] {
    this.kept.one(block);
    const opened: OpenBlock = {
      block,
      call: block.type === 'tool_use' ? this.calls++ : -1,
      isEmpty: true,
      thoughts: '',
      signature: '',
    };
    this.open.set(index, opened);
    if (block.type === 'text') return block.text === '' ? [] : [this.chunk({ content: block.text })];
    if (block.type !== 'tool_use') return [];
    const { id, name } = block;
    return [
      this.chunk({ tool_calls: [{ index: opened.call, id, type: 'function', function: { name, arguments: '' } }] }),
    ];
  }

  private delta(index: number, delta: AnthropicDelta): Chunk[] {
    const opened = this.open.get(index);
    switch (delta.type) {
      case 'text_delta':
        return delta.text === '' ? [] : [this.chunk({ content: delta.text })];
      case 'input_json_delta':
        if (!opened || opened.call < 0 || delta.partial_json === '') return [];
        opened.isEmpty = false;
        return [this.arguments(opened.call, delta.partial_json)];
      case 'thinking_delta':
        if (opened) opened.thoughts += this.kept.text(delta.thinking);
        return delta.thinking === '' ? [] : [this.chunk({ reasoning_content: delta.thinking })];
      case 'signature_delta':
        if (opened) opened.signature += this.kept.text(delta.signature);
        return [];
      default:
        return [];
    }
  }

  private stop(index: number): Chunk[] {
    const opened = this.open.get(index);
    this.open.delete(index);
    if (!opened) return [];
    const { block, call, isEmpty, thoughts, signature } = opened;
    // A tool without parameters gets no piece of JSON; a client that parses the arguments needs an object all the same.
    if (block.type === 'tool_use' && isEmpty) return [this.arguments(call, JSON.stringify(block.input ?? {}))];
    if (block.type === 'thinking')
      return [this.chunk({ thinking_blocks: [{ type: 'thinking', thinking: thoughts, signature }] })];
    return block.type === 'redacted_thinking' ? [this.chunk({ thinking_blocks: [block] })] : [];
  }

  private arguments(index: number, piece: string): Chunk {
    return this.chunk({ tool_calls: [{ index, function: { arguments: piece } }] });
  }

  private chunk(delta: Chunk, finish: string | null = null): Chunk {
    return this.bare({ choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] });
  }

  private bare(rest: Chunk): Chunk {
    const { id, created, model } = this.head;
    return { id, object: 'chat.completion.chunk', created, model, ...rest };
  }

  /** The last word of each counter holds: the provider counts up. Whatever else it counts is not kept, nor copied (S208). */
  private count(usage: AnthropicUsage | undefined): void {
    const said = COUNTERS.flatMap((name) => (typeof usage?.[name] === 'number' ? [[name, usage[name]] as const] : []));
    this.counted = { ...this.counted, ...Object.fromEntries(said) };
  }
}

interface OpenBlock {
  readonly block: AnthropicBlock;
  /** Which of the tool calls it is; -1 for other blocks. */
  readonly call: number;
  /** Whether nothing of a tool's input has come yet. */
  isEmpty: boolean;
  thoughts: string;
  signature: string;
}
