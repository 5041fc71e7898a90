import { createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { AccessTokens } from '../accounts/access-tokens.service.js';
import type { Account } from '../accounts/account.js';
import { Refused, Unavailable } from '../kernel/errors.js';
import { Decisions } from './decisions.js';
import type { Evidence } from './evidence.js';
import { FailureLimiter } from './failure-limiter.js';
import { OriginGuard } from './origin.guard.js';
import { RateLimitSettings } from './rate-limit.settings.js';

/** What a route of the accounts asks of its caller: an access token, or only that they may still try. */
export type AccountAccess = 'signed-in' | 'attempt';

/** Opens a route to whoever shows an access token of a sign-in that is good. The chain is not asked. */
export const SignedIn = (): MethodDecorator =>
  RouteConfig({ access: 'public', account: 'signed-in' }) as MethodDecorator;

/**
 * Opens a route to everybody whose address is not locked: for what judges a secret of its own (a password, a code). Wrong
 * ones are counted by `SignInAttempts`.
 */
export const Attempt = (): MethodDecorator => RouteConfig({ access: 'public', account: 'attempt' }) as MethodDecorator;

/** What an edge keeps of a caller of these routes. */
export interface AccountCarrier {
  readonly evidence: Evidence;
  account?: Account;
}

const carrierOf = (context: ExecutionContext): AccountCarrier =>
  context.switchToHttp().getRequest<{ accountCarrier: AccountCarrier }>().accountCarrier;

/** The person who is signed in, as a parameter of a handler under `@SignedIn()`. */
export const CurrentAccount = createParamDecorator((_: unknown, context: ExecutionContext): Account => {
  const { account } = carrierOf(context);
  if (!account) throw new TypeError('only a route under @SignedIn() has an account');
  return account;
});

/** Where the caller comes from, as a parameter of a handler under `@SignedIn()` or `@Attempt()`. */
export const CallerEvidence = createParamDecorator(
  (_: unknown, context: ExecutionContext): Evidence => carrierOf(context).evidence,
);

/**
 * Who is signed in? Judges access tokens for the routes of the accounts, under the same rules as the chain judges its
 * credentials: foreign pages are refused first, locked addresses next, and a token that is none of ours counts (S142).
 */
@Injectable()
export class AccountGuard {
  constructor(
    private readonly origins: OriginGuard,
    private readonly limiter: FailureLimiter,
    private readonly tokens: AccessTokens,
    private readonly decisions: Decisions,
  ) {}

  /** Puts the account on the carrier of a `signed-in` route. Rejects with Refused and the code that the caller may see. */
  async check(carrier: AccountCarrier, access: AccountAccess): Promise<void> {
    const { evidence } = carrier;
    this.origins.check(evidence);
    try {
      if (access === 'attempt') this.refuseLocked(evidence.source);
      else carrier.account = await this.judge(evidence);
    } catch (error) {
      this.decisions.refused(evidence, error);
      throw error;
    }
  }

  private refuseLocked(source: string): void {
    const retryAfterMs = this.limiter.blockedFor(source);
    if (retryAfterMs > 0) throw new Refused('rate_limited', { retryAfterMs });
  }

  private async judge({ source, config, presented: { token } }: Evidence): Promise<Account> {
    if (token === undefined) {
      this.refuseLocked(source);
      throw new Refused('token_missing');
    }
    const admission = await this.limiter.admit(source, config.get(RateLimitSettings));
    const outcome = await this.tokens.verify(token).catch((error: unknown) => failed(error));
    const wrong = outcome instanceof Refused && outcome.code === 'token_mismatch';
    await admission.settle(wrong ? 1 : 0);
    if (outcome instanceof Error) throw outcome;
    return outcome;
  }
}

/** What cannot be checked is neither right nor wrong. */
function failed(error: unknown): Error {
  if (error instanceof Unavailable) return new Refused('auth_unavailable', { reason: error.message });
  return error instanceof Error ? error : new Error(String(error));
}
