import type { FastifyReply } from 'fastify';
import { endedBy, type Stay, type StayEnd, type Stays } from '../../auth/stays.js';
import { CallEnd } from '../../chat/call-signal.js';
import type { Endpoint, ModelAnswer, StreamedBody } from '../../chat/model-call.js';
import { sseFrame } from '../../chat/sse.js';
import { modelRefText } from '../../credentials/model-ref.js';
import type { Refused } from '../../kernel/errors.js';
import type { Identity } from '../../kernel/identity.js';
import { openAiError } from './error.view.js';

/**
 * The answer of a model on its way to its caller. It stops at once, and the call upstream with it, when the caller hangs
 * up, when the credential that it came in by ends, and when the gateway stops.
 */
export class RunningAnswer implements Stay {
  /** Aborted when nobody waits for the answer any more. */
  readonly signal = new CallEnd();
  private body?: StreamedBody;
  /** The model has said everything. */
  private isWhole = false;
  private isOver = false;

  constructor(
    readonly identity: Identity,
    private readonly endpoint: Endpoint,
    private readonly requestId: string,
    private readonly reply: FastifyReply,
    private readonly stays: Stays,
  ) {}

  /** Throws Refused when the credential has ended since `epoch`. */
  begin(epoch: number): void {
    this.stays.add(this, epoch);
    this.reply.raw.once('close', this.leave);
  }

  /** Sends what a model answered. */
  send({ status, headers, model, body }: ModelAnswer): void {
    if (this.isOver) return drop(body);
    const { reply } = this;
    const { raw } = reply;
    const head: Record<string, number | string | string[] | undefined> = Object.assign(reply.getHeaders(), headers);
    head['x-doorward-model'] = encodeURI(modelRefText(model)); // a header is ASCII, a model's name anything
    reply.hijack();
    if (body instanceof Uint8Array) {
      head['content-length'] = body.byteLength;
      this.isWhole = true;
      raw.writeHead(status, head);
      raw.end(body);
      return;
    }
    raw.writeHead(status, head);
    this.pour(body);
  }

  /** Says that there is no answer. */
  fail(error: unknown): void {
    if (this.isOver) return;
    this.leave();
    if (this.reply.sent) this.reply.raw.destroy();
    else void this.reply.send(error);
  }

  /**
   * A stream ends with one error that SDKs understand, as far as it can still be read; anything else with a 401, or with
   * a 503 where the gateway stops. Whoever has not read what was written so far is hung up on: nothing of it may still
   * arrive afterwards.
   */
  end(why: StayEnd): void {
    if (this.isOver) return;
    const refused = endedBy(why, this.identity);
    const { raw } = this.reply;
    if (!raw.headersSent) return this.fail(refused);
    if (raw.writableLength > 0) raw.destroy();
    else if (!raw.writableEnded) this.sayLast(refused);
    this.leave();
  }

  /** By hand what `pipe` does, with fewer listeners, and deaf to what comes after the end. The pieces are whole events. */
  private pour(body: StreamedBody): void {
    const { raw } = this.reply;
    this.body = body;
    body.on('data', (piece: Uint8Array) => {
      if (this.isOver) return;
      if (body.isLast && body.readableLength === 0) return this.finish(piece);
      if (!raw.write(piece)) body.pause();
    });
    raw.on('drain', () => body.resume());
    body.once('end', () => this.isWhole || this.finish());
    // Providers that break off say so in a last event: what is left is an abort of ours, of which the caller knows.
    body.once('error', () => {
      if (!this.isOver) raw.destroy();
    });
  }

  /** Closes with the last piece: one write instead of two. */
  private finish(piece?: Uint8Array): void {
    this.isWhole = true;
    this.reply.raw.end(piece);
  }

  private sayLast(refused: Refused): void {
    const { body } = openAiError(refused, this.requestId);
    const text = this.endpoint === 'responses' ? { ...body.error, ...body, type: 'error' } : body;
    this.reply.raw.end(sseFrame(JSON.stringify(text), this.endpoint === 'responses' ? 'error' : undefined));
  }

  /** Bound once: it is taken off again as a listener. */
  private readonly leave = (): void => {
    if (this.isOver) return;
    this.isOver = true;
    this.stays.remove(this);
    this.reply.raw.off('close', this.leave);
    if (this.isWhole) return;
    this.signal.abort();
    this.body?.destroy();
  };
}

/** An answer that came too late: nobody reads it. */
function drop(body: StreamedBody | Buffer): void {
  if (body instanceof Uint8Array) return;
  body.on('error', () => undefined);
  body.destroy();
}
