import type { Dispatcher } from 'undici';
import type { Clock } from '../../kernel/clock.js';
import type { CallSignal } from '../call-signal.js';
import type { Endpoint, StreamedBody } from '../model-call.js';
import type { Exchange } from '../providers/dialect.js';
import type { UpstreamSettings } from '../chat.settings.js';
import { brokenOff, connectionTrouble, lateTrouble, unreadTrouble } from './connection-trouble.js';
import { EventSink } from './event-sink.js';
import type { Line } from './line.js';
import type { Redaction } from './redaction.js';
import type { Tokens } from './tokens.js';
import { type Trouble, unusable } from './trouble.js';
import { WholeSink } from './whole-sink.js';

/** A provider has answered. */
export interface Delivered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: StreamedBody | Buffer;
  /** When the last of the body has come. Never rejects. */
  readonly ended: Promise<Ended>;
}

/** How an answer that had begun came to its end. */
export interface Ended {
  readonly how: 'ok' | 'aborted' | 'broken_off';
  /** Undefined when nothing is known to have been used. */
  readonly tokens: Tokens | undefined;
  /** What broke it off. */
  readonly trouble?: Trouble;
}

export type Outcome = Delivered | Trouble;

export interface DeliveryGround {
  /** The id of the provider. */
  readonly provider: string;
  readonly exchange: Exchange;
  readonly endpoint: Endpoint;
  readonly isStream: boolean;
  readonly redaction: Redaction;
  /** What the prompt may come to, where the provider does not count. In tokens. */
  readonly estimatedInput: number;
  readonly clock: Clock;
  readonly limits: UpstreamSettings;
  /** Nobody waits any longer: the call ends. */
  readonly signal: CallSignal;
}

/** Where an answer goes while it comes. */
export interface Sink {
  data(piece: Buffer): void;
  /** The answer is complete. */
  end(): void;
  /** It will never be. */
  fail(trouble: Trouble): void;
  /** Nobody wants it any more. */
  abandon(): void;
}

type Head = Readonly<Record<string, string | string[] | undefined>>;

const ABANDONED = new Error('nobody waits for the answer any longer');

const EVENTS = /^text\/event-stream\b/i;

/** Whoever reads at all takes some of what is kept for them within this. In milliseconds. */
const LONGEST_PAUSE_MS = 600_000;

/** One request on its way and its answer on the way back. Settles once; what comes after that goes into the stream. */
export class Delivery implements Dispatcher.DispatchHandler, Line {
  /** Rejects with the reason of `signal` when that is aborted before there is an answer, never otherwise. */
  readonly outcome: Promise<Outcome>;
  private settled!: (outcome: Outcome) => void;
  private reject!: (reason: unknown) => void;
  private controller: Dispatcher.DispatchController | undefined;
  private sink: Sink | undefined;
  private isOver = false;
  /** Some of the body has come: a head alone is no answer yet. */
  private hasBegun = false;
  /** The provider waits for us, for the caller reads no further. */
  private isPaused = false;
  /** Since when whoever has to do something has not. */
  private lastAt: number;
  private stopWaiting: () => void;

  constructor(readonly ground: DeliveryGround) {
    this.outcome = new Promise<Outcome>((resolve, reject) => {
      this.settled = resolve;
      this.reject = reject;
    });
    const { clock, limits, signal } = ground;
    this.lastAt = clock.now();
    // One timer looks after both: most answers are over before either could matter.
    const first = Math.min(limits.firstByteTimeoutMs, limits.idleTimeoutMs);
    this.stopWaiting = clock.after(first, () => this.watch());
    signal.addEventListener('abort', this.onAbort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.isOver) controller.abort(ABANDONED);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Head): void {
    if (status < 200 || this.isOver) return; // 1xx: the answer is still to come
    const { 'content-encoding': encoding = 'identity', 'content-type': type = '' } = headers;
    if (encoding !== 'identity' && status < 300) {
      return this.fail(unusable('answers in an encoding that was not asked for'));
    }
    const isStream = this.ground.isStream && status < 300 && EVENTS.test(String(type));
    this.sink = isStream ? new EventSink(this, status, headers) : new WholeSink(this, status, headers);
  }

  onResponseData(_: Dispatcher.DispatchController, piece: Buffer): void {
    if (this.isOver) return;
    this.lastAt = this.ground.clock.now();
    this.hasBegun = true;
    this.sink?.data(piece);
  }

  onResponseEnd(): void {
    if (this.finish()) this.sink?.end();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.fail(this.sink ? brokenOff(this.hasBegun) : connectionTrouble(error));
  }

  /** There is no answer, or no more of it. */
  fail(trouble: Trouble): void {
    if (!this.finish()) return;
    if (this.sink) this.sink.fail(trouble);
    else this.settle(trouble);
    this.controller?.abort(ABANDONED);
  }

  settle(outcome: Outcome): void {
    this.settled(outcome);
  }

  pause(): void {
    this.isPaused = true;
    this.controller?.pause();
  }

  resume(): void {
    if (this.isPaused) this.lastAt = this.ground.clock.now();
    this.isPaused = false;
    this.controller?.resume();
  }

  hangUp(): void {
    if (this.finish()) this.controller?.abort(ABANDONED);
  }

  private readonly onAbort = (): void => {
    if (!this.finish()) return;
    this.reject(this.ground.signal.reason); // to no effect where the answer has begun
    this.sink?.abandon();
    this.controller?.abort(ABANDONED);
  };

  private watch(): void {
    const { clock, limits } = this.ground;
    const silent = clock.now() - this.lastAt;
    const patience = this.patience();
    if (silent >= patience) return this.fail(this.isPaused ? unreadTrouble() : lateTrouble(this.hasBegun));
    // In the meantime the answer may begin, or be read on: then less is to be waited for.
    this.stopWaiting = clock.after(Math.min(patience - silent, limits.idleTimeoutMs), () => this.watch());
  }

  private patience(): number {
    const { firstByteTimeoutMs, idleTimeoutMs } = this.ground.limits;
    if (this.isPaused) return LONGEST_PAUSE_MS;
    return this.hasBegun ? idleTimeoutMs : firstByteTimeoutMs;
  }

  /** True once: whoever comes later finds it over. */
  private finish(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    this.stopWaiting();
    this.ground.signal.removeEventListener('abort', this.onAbort);
    return true;
  }
}
