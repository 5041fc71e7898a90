import { Injectable, NotFoundException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { bearerOf } from '../auth/bearer.js';
import type { Access, Carrier } from '../auth/carrier.js';
import { Evidence } from '../auth/evidence.js';
import { FailureThrottlerGuard } from '../auth/failure-throttler.guard.js';
import { OriginGuard } from '../auth/origin.guard.js';
import { PrioritizedAuthGuard } from '../auth/prioritized-auth.guard.js';
import { ScopeGuard } from '../auth/scope.guard.js';
import { ConfigService } from '../config/config.service.js';
import { Refused } from '../kernel/errors.js';
import { isLoopback } from '../kernel/net.js';

declare module 'fastify' {
  interface FastifyRequest {
    carrier: Carrier;
  }
  interface FastifyContextConfig {
    access?: Access;
    house?: boolean;
    /** On a public route: says more to a caller who is known. */
    greets?: boolean;
  }
}

/**
 * Where the guards stand for REST. Nest runs guards on its own routes only, and after the body was read; here they
 * see every route that the server knows, before a byte of a body is taken (S204, S214, S215, S217).
 */
@Injectable()
export class Door {
  constructor(
    private readonly config: ConfigService,
    private readonly origin: OriginGuard,
    private readonly throttler: FailureThrottlerGuard,
    private readonly auth: PrioritizedAuthGuard,
    private readonly scope: ScopeGuard,
  ) {}

  /**
   * Fastify's `onRequest` hook; `proceed` is given the Refused that the caller is to be shown. With a callback, for most
   * callers are judged at once: an async hook would cost every request its promises.
   */
  readonly onRequest = (request: FastifyRequest, _reply: FastifyReply, proceed: (error?: Error) => void): void => {
    if (request.is404) return proceed(new NotFoundException()); // whatever body it has is not read for that (S204)
    const { access = 'operator.admin', house, greets } = request.routeOptions.config;
    let waiting: Promise<void> | undefined;
    try {
      if (access !== 'public') waiting = this.judge(request, access, house);
      else if (greets) waiting = this.greet(request);
    } catch (error) {
      return proceed(error as Error);
    }
    if (waiting) waiting.then(() => proceed(), proceed);
    else proceed();
  };

  /** A public route that knows its caller says more; a stranger, or a wrong credential, is served as a stranger. */
  private async greet(request: FastifyRequest): Promise<void> {
    const local = isLoopback(request.raw.socket.remoteAddress ?? '');
    if (!local && request.headers.authorization === undefined) return;
    try {
      await this.judge(request, 'operator.read');
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }

  /** The order is the policy: where from, how often wrong, who, and whether they may. */
  private judge(request: FastifyRequest, access: Access, house?: boolean): Promise<void> | undefined {
    const { id, raw } = request;
    const evidence = new Evidence('http', id, raw, { token: bearerOf(raw) }, this.config.current);
    const carrier: Carrier = { evidence, access, house };
    request.carrier = carrier;
    this.origin.check(evidence);
    const queued = this.throttler.check(carrier);
    return queued ? queued.then(() => this.identify(carrier)) : this.identify(carrier);
  }

  private identify(carrier: Carrier): Promise<void> | undefined {
    const asked = this.auth.check(carrier);
    if (asked) return asked.then(() => this.scope.check(carrier));
    this.scope.check(carrier);
    return undefined;
  }
}
