import { type CanActivate, type ExecutionContext, Injectable, NotFoundException } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
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
  /** The order is the policy: where from, how often wrong, who, and whether they may. */
  private readonly guards: readonly CanActivate[];

  constructor(
    private readonly config: ConfigService,
    origin: OriginGuard,
    throttler: FailureThrottlerGuard,
    auth: PrioritizedAuthGuard,
    scope: ScopeGuard,
  ) {
    this.guards = [origin, throttler, auth, scope];
  }

  /** Fastify's `onRequest` hook. Rejects with the Refused that the caller is to be shown. */
  readonly onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (request.is404) throw new NotFoundException(); // whatever body it has is not read for that (S204)
    const { access = 'operator.admin', house, greets } = request.routeOptions.config;
    if (access !== 'public') return this.judge(request, reply, access, house);
    if (greets) await this.greet(request, reply);
  };

  /** A public route that knows its caller says more; a stranger, or a wrong credential, is served as a stranger. */
  private async greet(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const local = isLoopback(request.raw.socket.remoteAddress ?? '');
    if (!local && request.headers.authorization === undefined) return;
    try {
      await this.judge(request, reply, 'operator.read');
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }

  private async judge(request: FastifyRequest, reply: FastifyReply, access: Access, house?: boolean): Promise<void> {
    const evidence = new Evidence(
      'http',
      request.id,
      request.raw,
      { token: bearerOf(request.raw) },
      this.config.current,
    );
    request.carrier = { evidence, access, house };
    const context: ExecutionContext = new ExecutionContextHost([request, reply]);
    for (const guard of this.guards) {
      const answer = guard.canActivate(context);
      if (answer instanceof Promise) await answer;
    }
  }
}
