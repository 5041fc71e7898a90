import { Inject, Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { stringify } from 'safe-stable-stringify';
import type { Carrier } from '../auth/carrier.js';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { digest } from '../kernel/crypto.js';
import { Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import { type KeptAnswer, KeptAnswers } from './kept-answers.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set while this request is the first with its key, and others may wait for its answer. */
    run?: Run;
  }
}

interface Run {
  readonly key: string;
  readonly fingerprint: string;
  readonly over: Promise<void>;
  end(): void;
}

const BOUNDS = { lifeMs: 24 * 3600 * 1000, entries: 10_000, size: 16 * 1024 * 1024 } as const;
const LONGEST_BODY = 64 * 1024;

/** Printable ASCII; a draft of the IETF writes the key in quotes, and then they are part of it. */
const KEY = /^[\x21-\x7e]{1,255}$/;

/** Refusals that are about the caller or the moment, not about the request: the next try may end otherwise. */
const NOT_KEPT = new Set([401, 403, 408, 429]);

/**
 * `Idempotency-Key` on every POST of a known caller (contract section 6): the same request again gets the same answer,
 * and what it asked for is done once. Who is at the door is judged before, each time.
 */
@Injectable()
export class Idempotency {
  private readonly kept: KeptAnswers;
  private readonly running = new Map<string, Run>();

  constructor(@Inject(CLOCK) clock: Clock) {
    this.kept = new KeptAnswers(clock, BOUNDS);
  }

  /** Puts it before and behind every POST route that comes after. */
  attach(server: FastifyInstance): void {
    server.decorateRequest('run');
    server.addHook('onRoute', (route) => {
      if (![route.method].flat().includes('POST')) return;
      route.preHandler = [route.preHandler ?? [], this.before].flat();
      route.onSend = [route.onSend ?? [], this.behind].flat();
    });
  }

  private readonly before = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const named = request.headers['idempotency-key'];
    const caller = (request.carrier as Carrier | undefined)?.identity;
    if (named === undefined || !caller) return undefined;
    const answer = await this.begin(String(named), caller, request);
    return answer && replay(answer, reply);
  };

  private readonly behind = async (
    { run }: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
  ): Promise<unknown> => {
    if (run) this.end(run, reply, payload);
    return payload;
  };

  /** The answer to give again; undefined when this request is the one to be carried out. Rejects with Refused. */
  private async begin(named: string, caller: Identity, request: FastifyRequest): Promise<KeptAnswer | undefined> {
    if (!KEY.test(named))
      throw new Refused('invalid_request', {
        message: 'Idempotency-Key: must be 1 to 255 printable ASCII characters without spaces',
      });
    const key = keyOf(named, caller);
    const fingerprint = fingerprintOf(request);
    for (;;) {
      const known = this.kept.get(key) ?? this.running.get(key);
      if (known && known.fingerprint !== fingerprint)
        throw new Refused('conflict', { message: 'Idempotency-Key: this key was used for another request' });
      if (!known) break;
      if ('body' in known) return known;
      await known.over; // what came of it may not have been kept: then this request is the next to be first
    }
    request.run = this.start(key, fingerprint);
    return undefined;
  }

  private start(key: string, fingerprint: string): Run {
    let end = (): void => {};
    const over = new Promise<void>((resolve) => (end = resolve));
    const run = { key, fingerprint, over, end };
    this.running.set(key, run);
    return run;
  }

  /** Also when nobody listens any more: then above all will the same request come again. */
  private end({ key, fingerprint, end }: Run, reply: FastifyReply, payload: unknown): void {
    const { statusCode: status } = reply;
    const body = payload ?? '';
    const isFinal = status < 500 && !NOT_KEPT.has(status);
    if (isFinal && typeof body === 'string' && body.length <= LONGEST_BODY) {
      const contentType = reply.getHeader('content-type')?.toString();
      this.kept.set(key, { fingerprint, status, contentType, body });
    }
    this.running.delete(key);
    end();
  }
}

/** A caller with fewer scopes is another caller: an answer may hold what it was not to see. */
function keyOf(named: string, { method, subject, tenantId, scopes }: Identity): string {
  return digest(stringify([method, subject, tenantId, scopes.toSorted(), named]));
}

function fingerprintOf({ method, url, body }: FastifyRequest): string {
  return digest(stringify([method, url, body ?? {}]));
}

function replay({ status, contentType, body }: KeptAnswer, reply: FastifyReply): void {
  if (contentType !== undefined) reply.header('content-type', contentType);
  void reply
    .status(status)
    .header('Idempotent-Replayed', 'true')
    .send(body === '' ? undefined : body);
}
