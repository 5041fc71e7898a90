import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Account } from '../accounts/account.js';
import type { Departure } from '../accounts/oidc/oidc-flows.js';
import { OidcSettings } from '../accounts/oidc/oidc.settings.js';
import { OidcService } from '../accounts/oidc.service.js';
import { Attempt, CallerEvidence, CurrentAccount, SignedIn } from '../auth/account.guard.js';
import { Public } from '../auth/decorators.js';
import type { Evidence } from '../auth/evidence.js';
import { ConfigService } from '../config/config.service.js';
import { type ErrorCode, Refused, Unavailable } from '../kernel/errors.js';
import { LOG, type Log } from '../kernel/log.js';
import { OidcAddress } from './oidc-address.js';
import { flowCookie, flowCookieIn } from './oidc-cookie.js';
import { setRefreshCookie } from './refresh-cookie.js';
import { placeOf } from './sign-in-place.js';

class StartQuery {
  @ApiPropertyOptional({ description: 'The page of the console to come back to.', example: '/tokens' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  return_to?: string;
}

class LinkBody {
  @ApiPropertyOptional({ description: 'The page of the console to come back to.', example: '/sessions' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  returnTo?: string;
}

class ProviderView {
  @ApiProperty({ example: 'google' })
  id: string;

  @ApiProperty({ example: 'Google' })
  name: string;
}

class ProvidersView {
  @ApiProperty({ type: ProviderView, isArray: true })
  providers: readonly ProviderView[];
}

class LinkView {
  @ApiProperty({ description: 'Where to send the browser; good once, in this browser, for ten minutes.' })
  url: string;
}

/** Signing in at another provider: there and back (OpenID Connect Core 1.0 section 3.1). */
@ApiTags('accounts')
@Controller('auth/oidc')
export class OidcController {
  constructor(
    private readonly oidc: OidcService,
    private readonly address: OidcAddress,
    private readonly config: ConfigService,
    @Inject(LOG) private readonly log: Log,
  ) {}

  @Get()
  @Public()
  @ApiOperation({ summary: 'The providers at which people may sign in' })
  @ApiOkResponse({ type: ProvidersView })
  providers(): ProvidersView {
    const { oidc } = this.config.current.get(OidcSettings);
    return { providers: Object.entries(oidc).map(([id, { label }]) => ({ id, name: label ?? id })) };
  }

  @Get(':provider/start')
  @Attempt()
  @ApiOperation({ summary: 'Send a browser to a provider to sign in' })
  @ApiFoundResponse({ description: 'To the provider.' })
  async start(
    @Param('provider') provider: string,
    @Query() { return_to }: StartQuery,
    @CallerEvidence() { source }: Evidence,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const returnTo = this.address.consolePathOf(return_to);
    const url = await this.depart(provider, { source, returnTo }, request, reply);
    void reply.redirect(url.href, 302);
  }

  @Get(':provider/callback')
  @Attempt()
  @ApiOperation({ summary: 'Where the provider sends the browser back: signs in, and goes on to the console' })
  @ApiFoundResponse({ description: 'To the console; a refusal as `#error=<code>`, and never a token.' })
  async callback(
    @Param('provider') provider: string,
    @CallerEvidence() evidence: Evidence,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const at = request.url.indexOf('?');
    const arrived = { browser: flowCookieIn(request.headers.cookie), query: at < 0 ? '' : request.url.slice(at) };
    try {
      const { session, returnTo } = await this.oidc.finish(provider, arrived, placeOf(evidence));
      if (session) setRefreshCookie(reply, session.tokens.refreshToken, evidence);
      void reply.redirect(returnTo ?? this.address.page(''), 302);
    } catch (error) {
      void reply.redirect(this.address.page('sign-in', { error: this.codeOf(error, request.id) }), 302);
    }
  }

  @Post(':provider/link')
  @SignedIn()
  @HttpCode(200)
  @ApiOperation({ summary: 'Link your identity at a provider to your account' })
  @ApiOkResponse({ type: LinkView })
  async link(
    @Param('provider') provider: string,
    @Body() body: LinkBody,
    @CurrentAccount() { userId, tenantId, sessionId }: Account,
    @CallerEvidence() { source }: Evidence,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<LinkView> {
    const returnTo = this.address.consolePathOf(body?.returnTo) ?? this.address.page('sessions');
    const link = { userId, tenantId, sessionId };
    const url = await this.depart(provider, { source, returnTo, link }, request, reply);
    return { url: url.href };
  }

  /** What a browser is told: a code alone, for people look at addresses over each other's shoulders. */
  private codeOf(error: unknown, requestId: string): ErrorCode {
    if (error instanceof Refused) return error.code;
    const isOut = error instanceof Unavailable;
    this.log[isOut ? 'warn' : 'error']('sign-in could not be finished', { requestId, error });
    return isOut ? 'unavailable' : 'internal_error';
  }

  /** Sends the browser off, bound to what comes back. */
  private async depart(
    provider: string,
    wanted: Pick<Departure, 'source' | 'returnTo' | 'link'>,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<URL> {
    const redirectUri = this.address.redirectUri(provider, request);
    const known = flowCookieIn(request.headers.cookie);
    const { url, browser } = await this.oidc.start(provider, { ...wanted, redirectUri, browser: known });
    void reply.header('set-cookie', flowCookie(browser, redirectUri));
    return url;
  }
}
