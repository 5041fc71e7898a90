import type { Clock } from '../../kernel/clock.js';
import type { Identity } from '../../kernel/identity.js';
import { type ChatEvent, chatText, type ErrorKind } from './chat-event.js';
import type { Cut, Said, Session } from './session.js';

/** Whose run it is, and where. */
export interface RunPlace {
  readonly runId: string;
  /** As the client named it: it looks for its own word in events. */
  readonly sessionKey: string;
  readonly session: Session;
  readonly caller: Identity;
  /** What is held in memory until it is over, in characters of text and of images. */
  readonly size: number;
}

/** Where something was said, and by whom; undefined when it was asked for at another gateway. */
export type EventPlace = Pick<RunPlace, 'session'> & Partial<Pick<RunPlace, 'caller'>>;

export type EventListener = (event: ChatEvent, place: EventPlace) => void;

/** The least time between two deltas, in milliseconds. */
const PAUSE_MS = 50;

/** Each delta repeats what was said before it: long answers are told less often, about so many characters in a ms at most. */
const CHARS_PER_MS = 200;

/** One answer under way: what has come of it, who is told, and how it is ended. */
export class ChatRun {
  /** Resolves when nothing more will be told or kept. */
  readonly over: Promise<void>;
  text = '';
  private readonly controller = new AbortController();
  private close!: () => void;
  private why: Cut | undefined;
  private seq = 0;
  private told = 0;
  private toldAt = -Infinity;
  private cancelTelling: (() => void) | undefined;

  constructor(
    readonly place: RunPlace,
    /** When all runs before it in the same session are over. */
    readonly turn: Promise<unknown>,
    private readonly clock: Clock,
    private readonly listener: EventListener,
  ) {
    this.over = new Promise((resolve) => (this.close = resolve));
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Why it was ended; undefined for one that goes on or came to its own end. */
  get reason(): Cut | undefined {
    return this.why;
  }

  /** Ends it from outside; the first reason counts. */
  end(reason: Cut): void {
    if (this.why) return;
    this.why = reason;
    this.controller.abort();
  }

  /** More of the answer has come. */
  push(text: string): void {
    this.text += text;
    if (this.cancelTelling) return;
    const wait = this.toldAt + Math.max(PAUSE_MS, this.text.length / CHARS_PER_MS) - this.clock.now();
    if (wait <= 0) this.tellDelta();
    else this.cancelTelling = this.clock.after(wait, () => this.tellDelta());
  }

  finished({ text, stopReason, usage }: Said): void {
    this.tellRest();
    const counted = usage && { input: usage.input, output: usage.output, totalTokens: usage.input + usage.output };
    this.tell({
      state: 'final',
      message: this.message(text),
      ...(stopReason !== undefined && { stopReason }),
      ...(counted && { usage: counted }),
    });
  }

  aborted(stopReason: Cut): void {
    this.tellRest();
    this.tell({ state: 'aborted', stopReason, ...this.partial() });
  }

  failed(errorMessage: string, errorKind: ErrorKind): void {
    this.tellRest();
    this.tell({ state: 'error', errorMessage, errorKind, ...this.partial() });
  }

  /** Nothing more comes. */
  leave(): void {
    this.cancelTelling?.();
    this.close();
  }

  private tellRest(): void {
    if (this.told < this.text.length) this.tellDelta();
  }

  private tellDelta(): void {
    this.cancelTelling?.();
    this.cancelTelling = undefined;
    const deltaText = this.text.slice(this.told);
    this.told = this.text.length;
    this.toldAt = this.clock.now();
    this.tell({ state: 'delta', deltaText, message: this.message(this.text) });
  }

  private partial(): { message?: ReturnType<typeof chatText> } {
    return this.text === '' ? {} : { message: this.message(this.text) };
  }

  private message(text: string): ReturnType<typeof chatText> {
    return chatText('assistant', text, this.clock.now());
  }

  private tell(said: Untold<ChatEvent>): void {
    const { runId, sessionKey, session } = this.place;
    this.seq += 1;
    this.listener({ runId, sessionKey, agentId: session.agent, seq: this.seq, ...said }, this.place);
  }
}

type Untold<Event> = Event extends ChatEvent ? Omit<Event, 'runId' | 'sessionKey' | 'agentId' | 'seq'> : never;
