import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AccountAccess, type AccountCarrier, AccountGuard } from '../auth/account.guard.js';
import { bearerOf } from '../auth/bearer.js';
import { Evidence } from '../auth/evidence.js';
import { ConfigService } from '../config/config.service.js';

declare module 'fastify' {
  interface FastifyRequest {
    accountCarrier: AccountCarrier;
  }
  interface FastifyContextConfig {
    account?: AccountAccess;
  }
}

/** Where the guard of signed-in people stands, beside the door of the chain: before a byte of a body is read (S204). */
@Injectable()
export class AccountDoor {
  constructor(
    private readonly config: ConfigService,
    private readonly guard: AccountGuard,
  ) {}

  /** Fastify's `onRequest` hook; other routes pass at once. */
  readonly onRequest = (request: FastifyRequest, _reply: FastifyReply, proceed: (error?: Error) => void): void => {
    const { account } = request.routeOptions.config;
    if (account === undefined) return proceed();
    this.judge(request, account).then(() => proceed(), proceed);
  };

  private async judge(request: FastifyRequest, access: AccountAccess): Promise<void> {
    const { id, raw } = request;
    const evidence = new Evidence('http', id, raw, { token: bearerOf(raw) }, this.config.current);
    request.accountCarrier = { evidence };
    await this.guard.check(request.accountCarrier, access);
  }
}
