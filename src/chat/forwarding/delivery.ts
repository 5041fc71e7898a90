import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Clock } from '../../kernel/clock.js';
import type { Endpoint } from '../model-call.js';
import type { Exchange } from '../providers/dialect.js';
import type { UpstreamSettings } from '../chat.settings.js';
import { connectionTrouble, lateTrouble } from './connection-trouble.js';
import { EventSink } from './event-sink.js';
import type { Redaction } from './redaction.js';
import type { Tokens } from './tokens.js';
import { type Trouble, unusable } from './trouble.js';
import { WholeSink } from './whole-sink.js';

/** A provider has answered. */
export interface Delivered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable | Buffer;
  /** When the last of the body has come. Never rejects. */
  readonly ended: Promise<Ended>;
}

/** How an answer that had begun came to its end. */
export interface Ended {
  readonly how: 'ok' | 'aborted' | 'broken_off';
  /** Undefined when nothing is known to have been used. */
  readonly tokens: Tokens | undefined;
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
  readonly signal: AbortSignal;
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

/** One request on its way and its answer on the way back. Settles once; what comes after that goes into the stream. */
export class Delivery implements Dispatcher.DispatchHandler {
  /** Rejects with the reason of `signal` when that is aborted before there is an answer, never otherwise. */
  readonly outcome: Promise<Outcome>;
  private settle!: (outcome: Outcome) => void;
  private reject!: (reason: unknown) => void;
  private controller: Dispatcher.DispatchController | undefined;
  private sink: Sink | undefined;
  private isOver = false;
  private lastAt: number;
  private stopWaiting: () => void;

  constructor(readonly ground: DeliveryGround) {
    this.outcome = new Promise<Outcome>((resolve, reject) => {
      this.settle = resolve;
      this.reject = reject;
    });
    const { clock, limits, signal } = ground;
    this.lastAt = clock.now();
    this.stopWaiting = clock.after(limits.firstByteTimeoutMs, () => this.watch(limits.firstByteTimeoutMs));
    signal.addEventListener('abort', this.onAbort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.isOver) controller.abort(ABANDONED);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Head): void {
    if (status < 200 || this.isOver) return; // 1xx: the answer is still to come
    const encoding = String(headers['content-encoding'] ?? 'identity');
    if (encoding !== 'identity' && status < 300) {
      return this.fail(unusable('answers in an encoding that was not asked for'));
    }
    this.sink = this.sinkFor(status, headers);
    this.lastAt = this.ground.clock.now();
    this.stopWaiting();
    const { idleTimeoutMs } = this.ground.limits;
    this.stopWaiting = this.ground.clock.after(idleTimeoutMs, () => this.watch(idleTimeoutMs));
  }

  onResponseData(_: Dispatcher.DispatchController, piece: Buffer): void {
    if (this.isOver) return;
    this.lastAt = this.ground.clock.now();
    this.sink?.data(piece);
  }

  onResponseEnd(): void {
    if (this.finish()) this.sink?.end();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.fail(connectionTrouble(error, this.sink !== undefined));
  }

  /** The request could not even be sent off. */
  fail(trouble: Trouble): void {
    if (!this.finish()) return;
    if (this.sink) this.sink.fail(trouble);
    else this.settle(trouble);
    this.controller?.abort(ABANDONED);
  }

  private sinkFor(status: number, headers: Head): Sink {
    const isEvents = /^text\/event-stream\b/i.test(String(headers['content-type'] ?? ''));
    const line = {
      ...this.ground,
      settle: this.settle,
      pause: () => this.controller?.pause(),
      resume: () => this.controller?.resume(),
      hangUp: () => this.hangUp(),
    };
    if (isEvents && this.ground.isStream && status < 300) return new EventSink(line, status, headers);
    return new WholeSink(line, status, headers);
  }

  /** No more of the answer is wanted. */
  private hangUp(): void {
    if (this.finish()) this.controller?.abort(ABANDONED);
  }

  private readonly onAbort = (): void => {
    if (!this.finish()) return;
    this.reject(this.ground.signal.reason);
    this.outcome.catch(() => undefined); // it may have been settled, and taken, long ago
    this.sink?.abandon();
    this.controller?.abort(ABANDONED);
  };

  private watch(patience: number): void {
    const silent = this.ground.clock.now() - this.lastAt;
    if (silent >= patience) return this.fail(lateTrouble(this.sink !== undefined));
    this.stopWaiting = this.ground.clock.after(patience - silent, () => this.watch(patience));
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
