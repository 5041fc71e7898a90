import { Inject, Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Carrier } from '../auth/carrier.js';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { Refused } from '../kernel/errors.js';
import { LOG, type Log } from '../kernel/log.js';
import { AnswerSeal, type KeptAnswer } from './answer-seal.js';
import { type AnswerStore, KEPT, type KeyedRequest, type Known } from './answer-store.js';
import { MemoryAnswers } from './memory-answers.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set while this request is the first with its key, and others may wait for its answer. */
    run?: Run;
  }
}

interface Run extends KeyedRequest {
  readonly seal: AnswerSeal;
  readonly over: Promise<void>;
  end(): void;
}

const IN_MEMORY = { lifeMs: KEPT.lifeMs, entries: 10_000, size: 16 * 1024 * 1024 } as const;
const LONGEST_BODY = 64 * 1024;

/** How long a request waits for the same one at another gateway, and how often it looks. */
const WAIT = { times: 120, everyMs: 250 } as const;

/** Printable ASCII; a draft of the IETF writes the key in quotes, and then they are part of it. */
const KEY = /^[\x21-\x7e]{1,255}$/;

/** Refusals that are about the caller or the moment, not about the request: the next try may end otherwise. */
const NOT_KEPT = new Set([401, 403, 408, 429]);

const OTHER_REQUEST = 'Idempotency-Key: this key was used for another request, or with another credential';
const CUT_SHORT =
  'Idempotency-Key: the request of this key was cut short and may have been carried out; look, and use a new key';
const UNDER_WAY = 'Idempotency-Key: the request of this key is still being carried out; try again later';

/**
 * `Idempotency-Key` on every POST of a known caller (contract section 6): the same request again gets the same answer,
 * at whichever gateway, and what it asked for is done at most once. Who is at the door is judged before, each time.
 */
@Injectable()
export class Idempotency {
  private store: AnswerStore;
  private readonly running = new Map<string, Run>();

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
  ) {
    this.store = new MemoryAnswers(clock, IN_MEMORY);
  }

  /** Keeps answers there from now on, where other gateways find them. */
  keepIn(store: AnswerStore): void {
    this.store = store;
  }

  /** Puts it before and behind every POST route that comes after. */
  attach(server: FastifyInstance): void {
    server.decorateRequest('run');
    server.addHook('onRoute', (route) => {
      // What a model says is not the same twice, and streams are never kept.
      if (![route.method].flat().includes('POST') || route.config?.model) return;
      route.preHandler = [route.preHandler ?? [], this.before].flat();
      route.onSend = [route.onSend ?? [], this.behind].flat();
    });
  }

  private readonly before = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const named = request.headers['idempotency-key'];
    const carrier = request.carrier as Carrier | undefined;
    if (named === undefined || !carrier?.identity) return undefined;
    const answer = await this.begin(sealOf(String(named), carrier), request);
    return answer && replay(answer, reply);
  };

  private readonly behind = async (
    { run }: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
  ): Promise<unknown> => {
    if (run) await this.end(run, reply, payload);
    return payload;
  };

  /** The answer to give again; undefined when this request is the one to be carried out. Rejects with Refused. */
  private async begin(seal: AnswerSeal, request: FastifyRequest): Promise<KeptAnswer | undefined> {
    const { method, url, body } = request;
    const { tenantId } = request.carrier.identity!;
    const { key, caller } = seal;
    const fingerprint = seal.fingerprint([method, url, body ?? {}]);
    for (let before = this.running.get(key); before; before = this.running.get(key)) {
      if (before.fingerprint !== fingerprint) throw new Refused('conflict', { message: OTHER_REQUEST });
      await before.over; // what came of it may not have been kept: then this request is the next to be first
    }
    const run = this.start({ key, caller, tenantId, fingerprint }, seal);
    try {
      const known = await this.known(run);
      if (!known) {
        request.run = run;
        return undefined;
      }
      this.over(run);
      return answerOf(known, run);
    } catch (error) {
      this.over(run);
      throw error;
    }
  }

  /** What is known of the key, when nobody is at it any more; undefined when this request is the first. */
  private async known(run: Run): Promise<Known | undefined> {
    for (let times = 0; times < WAIT.times; times += 1) {
      const known = await this.store.begin(run);
      if (known?.state !== 'under way' || known.fingerprint !== run.fingerprint) return known;
      await new Promise<void>((resolve) => this.clock.after(WAIT.everyMs, resolve));
    }
    throw new Refused('conflict', { message: UNDER_WAY });
  }

  private start(request: KeyedRequest, seal: AnswerSeal): Run {
    let end = (): void => {};
    const over = new Promise<void>((resolve) => (end = resolve));
    const run = { ...request, seal, over, end };
    this.running.set(request.key, run);
    return run;
  }

  private over({ key, end }: Run): void {
    this.running.delete(key);
    end();
  }

  /** Also when nobody listens any more: then above all will the same request come again. Before the answer is sent. */
  private async end(run: Run, reply: FastifyReply, payload: unknown): Promise<void> {
    const { statusCode: status } = reply;
    const body = payload ?? '';
    const isFinal = status < 500 && !NOT_KEPT.has(status);
    try {
      if (isFinal && typeof body === 'string' && body.length <= LONGEST_BODY) {
        const contentType = reply.getHeader('content-type')?.toString();
        await this.store.keep(run, run.seal.close({ status, contentType, body }));
      } else {
        await this.store.release(run);
      }
    } catch (error) {
      // The caller gets its answer all the same; whoever sends the request again is told that it was cut short.
      this.log.warn('an idempotent answer could not be kept', { error });
    } finally {
      this.over(run);
    }
  }
}

function sealOf(named: string, { identity, evidence }: Carrier): AnswerSeal {
  if (!KEY.test(named))
    throw new Refused('invalid_request', {
      message: 'Idempotency-Key: must be 1 to 255 printable ASCII characters without spaces',
    });
  const { token, password } = evidence.presented;
  return new AnswerSeal({ named, identity: identity!, secret: token ?? password ?? '' });
}

function answerOf(known: Known, { fingerprint, seal }: Run): KeptAnswer {
  if (known.fingerprint !== fingerprint) throw new Refused('conflict', { message: OTHER_REQUEST });
  if (known.state !== 'answered') throw new Refused('conflict', { message: CUT_SHORT });
  const answer = seal.open(known.sealed);
  if (!answer) throw new Refused('conflict', { message: OTHER_REQUEST });
  return answer;
}

function replay({ status, contentType, body }: KeptAnswer, reply: FastifyReply): void {
  if (contentType !== undefined) reply.header('content-type', contentType);
  void reply
    .status(status)
    .header('Idempotent-Replayed', 'true')
    .send(body === '' ? undefined : body);
}
