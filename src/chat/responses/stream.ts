import { Kept } from '../kept.js';
import { OpenCall, type OpenItem, OpenParts, type PartKind, type Told } from './open-items.js';
import { endOf, itemId, type ResponseEnd, type ResponseHead, responseObject, responseUsage } from './response.js';
import type { ItemStatus, ResponseEvent, ResponseUsage } from './wire.js';

/** What of a `chat.completion.chunk` is read. */
export interface Chunk {
  readonly model?: string;
  readonly choices?: readonly { readonly delta?: Delta | null; readonly finish_reason?: string | null }[];
  readonly usage?: unknown;
  /** In place of all else: the provider broke off. */
  readonly error?: { readonly code?: unknown; readonly message?: unknown };
}

interface Delta {
  readonly content?: unknown;
  readonly refusal?: unknown;
  readonly reasoning_content?: unknown;
  readonly reasoning?: unknown;
  readonly thinking_blocks?: unknown;
  readonly tool_calls?: readonly CallDelta[] | null;
}

interface CallDelta {
  readonly index?: number;
  readonly id?: unknown;
  readonly function?: { readonly name?: unknown; readonly arguments?: unknown } | null;
}

interface Failure {
  readonly code: 'server_error' | 'rate_limit_exceeded';
  readonly message: string;
}

/**
 * Turns the chunks of one streamed chat into the events of the Responses API, in order, as they come: `response.created`
 * first, then items with their parts and pieces, and one of `response.completed`, `.incomplete` and `.failed` at the end.
 */
export class ResponseStream {
  /** Whether the last event has been told. */
  isOver = false;
  private sequence = 0;
  private model: string | undefined;
  private readonly items: OpenItem[] = [];
  /** The states of items that are closed. */
  private readonly closed = new Map<OpenItem, ItemStatus>();
  private parts: OpenParts | undefined;
  private partsType: 'message' | 'reasoning' | undefined;
  private readonly calls = new Map<number, OpenCall>();
  private finish: string | null | undefined;
  private usage: ResponseUsage | undefined;
  private readonly kept = new Kept();

  constructor(private readonly head: ResponseHead) {}

  /** Whether the model has said that it stopped: what may come is only what it used. */
  get isComplete(): boolean {
    return typeof this.finish === 'string';
  }

  /** The events that one chunk becomes; none after the end. Throws BrokenStream for an answer that none can be. */
  push({ model, choices, usage, error }: Chunk): ResponseEvent[] {
    if (this.isOver) return [];
    if (error) return this.fail(failureOf(error));
    const begun = this.begin(model);
    this.usage = responseUsage(usage) ?? this.usage;
    const [choice] = choices ?? [];
    // In a literal: as arguments of one call, the pieces of one large chunk would break the stack.
    const told = choice?.delta ? [...begun, ...this.delta(choice.delta)] : begun;
    this.finish = choice?.finish_reason ?? this.finish;
    return this.number(told);
  }

  /** The events that end an answer that came whole. */
  end(): ResponseEvent[] {
    if (this.isOver) return [];
    const end = endOf(this.finish);
    const told = this.begin();
    const status = end.status === 'incomplete' ? 'incomplete' : 'completed';
    for (const item of this.items) told.push(...this.close(item, status));
    return this.last(told, end);
  }

  /** The event that ends an answer that did not come whole. What was there of it stays in it. */
  private fail(error: Failure): ResponseEvent[] {
    return this.last(this.begin(), { status: 'failed', error });
  }

  private begin(model?: string): Told[] {
    if (this.model !== undefined) return [];
    this.model = model ?? this.head.request.model;
    const response = this.response({ status: 'in_progress' });
    return [
      { type: 'response.created', response },
      { type: 'response.in_progress', response },
    ];
  }

  private last(told: Told[], end: Omit<ResponseEnd, 'output'>): ResponseEvent[] {
    this.isOver = true;
    const response = this.response({ ...end, usage: this.usage });
    return this.number([...told, { type: `response.${end.status}`, response }]);
  }

  private delta({ content, refusal, thinking_blocks: blocks, tool_calls: calls, ...rest }: Delta): Told[] {
    const thought = rest.reasoning_content ?? (typeof rest.reasoning === 'string' ? rest.reasoning : '');
    const told: Told[] = [];
    if (thought !== '') told.push(...this.say('reasoning', 'reasoning_text', thought));
    if (Array.isArray(blocks) && blocks.length > 0) {
      this.kept.one(blocks);
      told.push(...this.within('reasoning', (parts) => (parts.keep(blocks), [])));
    }
    if (content) told.push(...this.say('message', 'output_text', content));
    if (refusal) told.push(...this.say('message', 'refusal', refusal));
    for (const call of calls ?? []) told.push(...this.call(call));
    return told;
  }

  private say(type: 'message' | 'reasoning', kind: PartKind, said: unknown): Told[] {
    const text = this.kept.text(said);
    return this.within(type, (parts) => {
      if (!parts.isIn(kind)) this.kept.one();
      return parts.add(kind, text);
    });
  }

  /** What is said in the item of this type that is open; another one is closed, and a new one opened where there is none. */
  private within(type: 'message' | 'reasoning', say: (parts: OpenParts) => Told[]): Told[] {
    const told: Told[] = [];
    if (!this.parts || this.partsType !== type) {
      told.push(...this.closeParts());
      this.kept.one();
      const index = this.items.length;
      this.parts = new OpenParts(type, itemId(type === 'message' ? 'msg' : 'rs', this.head, index), index);
      this.partsType = type;
      this.items.push(this.parts);
      told.push(...this.parts.start());
    }
    return [...told, ...say(this.parts)];
  }

  /** Calls stay open until the end: a provider may send the pieces of several by turns. */
  private call({ index = 0, id, function: called }: CallDelta): Told[] {
    const known = this.calls.get(index);
    // Some providers number all calls with 0, and tell them apart by their ids.
    const isNew = !known || (typeof id === 'string' && id !== '' && id !== known.callId);
    const told = isNew ? this.openCall(index, id, called?.name) : [];
    const piece = called?.arguments;
    return piece ? [...told, ...this.calls.get(index)!.add(this.kept.text(piece))] : told;
  }

  private openCall(index: number, id: unknown, name: unknown): Told[] {
    const told = this.closeParts();
    this.kept.one();
    const at = this.items.length;
    const own = itemId('fc', this.head, at);
    const call = new OpenCall(own, at, this.kept.text(id || `call_${own}`), this.kept.text(name ?? ''));
    this.calls.set(index, call);
    this.items.push(call);
    return [...told, ...call.start()];
  }

  private closeParts(): Told[] {
    const { parts } = this;
    this.parts = undefined;
    return parts ? this.close(parts, 'completed') : [];
  }

  private close(item: OpenItem, status: ItemStatus): Told[] {
    if (this.closed.has(item)) return [];
    const told = item.close(status);
    this.closed.set(item, status);
    return told;
  }

  private response(end: Omit<ResponseEnd, 'output'>): Readonly<Record<string, unknown>> {
    const output = this.items.map((item) => item.item(this.closed.get(item) ?? 'incomplete'));
    return responseObject(this.head, this.model!, { ...end, output });
  }

  private number(told: readonly Told[]): ResponseEvent[] {
    return told.map(({ type, ...more }) => ({ type, sequence_number: this.sequence++, ...more }));
  }
}

/** The provider's own words were made fit to be shown by whoever forwarded them. */
function failureOf({ code, message }: NonNullable<Chunk['error']>): Failure {
  return {
    code: code === 'upstream_rate_limited' ? 'rate_limit_exceeded' : 'server_error',
    message: typeof message === 'string' ? message : BROKE_OFF,
  };
}

/** What is said where the provider says nothing. */
const BROKE_OFF = 'the provider broke off';
