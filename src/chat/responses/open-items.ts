import { textPart } from './response.js';
import { sealThoughts } from './thoughts.js';
import type { CallItem, ItemStatus, OutputItem, OutputPart } from './wire.js';

/** An event before it is numbered. */
export interface Told {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** An item of the answer that is still growing. */
export interface OpenItem {
  /** The item as it stands. */
  item(status: ItemStatus): OutputItem;
  /** The events that end it. */
  close(status: ItemStatus): Told[];
}

export type PartKind = OutputPart['type'];

/** A message, or thoughts: parts one after the other, each of a kind. */
export class OpenParts implements OpenItem {
  private readonly done: OutputPart[] = [];
  private kind: PartKind | undefined;
  private text = '';
  private readonly blocks: unknown[] = [];

  constructor(
    private readonly type: 'message' | 'reasoning',
    private readonly id: string,
    private readonly index: number,
  ) {}

  start(): Told[] {
    return [added(this.index, this.item('in_progress'))];
  }

  /** Whether a part of this kind is open. */
  isIn(kind: PartKind): boolean {
    return kind === this.kind;
  }

  /** A piece of a part; another kind than before begins a part of its own. */
  add(kind: PartKind, delta: string): Told[] {
    const before = kind === this.kind ? [] : [...this.closePart(), ...this.openPart(kind)];
    this.text += delta;
    return [...before, this.tell(`${eventOf(kind)}.delta`, { delta, ...logprobs(kind) })];
  }

  /** Signed thoughts, wanted back unchanged. */
  keep(blocks: readonly unknown[]): void {
    this.blocks.push(...blocks);
  }

  item(status: ItemStatus): OutputItem {
    const content = this.kind === undefined ? [...this.done] : [...this.done, partOf(this.kind, this.text)];
    if (this.type === 'message') return { id: this.id, type: 'message', role: 'assistant', status, content };
    const seal = this.blocks.length > 0 && { encrypted_content: sealThoughts(this.blocks) };
    return { id: this.id, type: 'reasoning', status, summary: [], content, ...seal };
  }

  close(status: ItemStatus): Told[] {
    return [...this.closePart(), finished(this.index, this.item(status))];
  }

  private openPart(kind: PartKind): Told[] {
    this.kind = kind;
    this.text = '';
    return [this.tell('response.content_part.added', { part: partOf(kind, '') })];
  }

  private closePart(): Told[] {
    const { kind, text } = this;
    if (kind === undefined) return [];
    const part = partOf(kind, text);
    const whole = kind === 'refusal' ? { refusal: text } : { text };
    const told = [
      this.tell(`${eventOf(kind)}.done`, { ...whole, ...logprobs(kind) }),
      this.tell('response.content_part.done', { part }),
    ];
    this.done.push(part);
    this.kind = undefined;
    return told;
  }

  private tell(type: string, more: object): Told {
    return { type, item_id: this.id, output_index: this.index, content_index: this.done.length, ...more };
  }
}

/** A function that the model wants called. */
export class OpenCall implements OpenItem {
  private arguments = '';

  constructor(
    private readonly id: string,
    private readonly index: number,
    readonly callId: string,
    private readonly name: string,
  ) {}

  start(): Told[] {
    return [added(this.index, this.item('in_progress'))];
  }

  add(delta: string): Told[] {
    this.arguments += delta;
    return [this.tell('response.function_call_arguments.delta', { delta })];
  }

  item(status: ItemStatus): CallItem {
    const { id, callId, name, arguments: given } = this;
    return { id, type: 'function_call', status, call_id: callId, name, arguments: given };
  }

  close(status: ItemStatus): Told[] {
    const { name, arguments: given } = this;
    const whole = this.tell('response.function_call_arguments.done', { name, arguments: given });
    return [whole, finished(this.index, this.item(status))];
  }

  private tell(type: string, more: object): Told {
    return { type, item_id: this.id, output_index: this.index, ...more };
  }
}

const added = (index: number, item: OutputItem): Told => ({
  type: 'response.output_item.added',
  output_index: index,
  item,
});

const finished = (index: number, item: OutputItem): Told => ({
  type: 'response.output_item.done',
  output_index: index,
  item,
});

const eventOf = (kind: PartKind): string => `response.${kind}`;

/** Texts alone have a place for them, and it is not left out when it is empty. */
const logprobs = (kind: PartKind): object => (kind === 'output_text' ? { logprobs: [] } : {});

function partOf(kind: PartKind, text: string): OutputPart {
  if (kind === 'output_text') return textPart(text);
  return kind === 'refusal' ? { type: kind, refusal: text } : { type: kind, text };
}
