import { Body, Controller, Delete, Get, Header, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Account } from '../accounts/account.js';
import { GatewayTokensService } from '../accounts/gateway-tokens.service.js';
import { SubjectTokens } from '../accounts/subject-tokens.service.js';
import { TokenEnd } from '../accounts/token-end.js';
import { Attempt, CallerEvidence, CurrentAccount, SignedIn } from '../auth/account.guard.js';
import type { Evidence } from '../auth/evidence.js';
import { SecretCheck } from '../auth/secret-check.js';
import { Refused } from '../kernel/errors.js';
import { PageQuery, pageOf } from './page.js';
import { ExchangeBody } from './token.bodies.js';
import { TokenPageView, TokenView } from './token.view.js';
import { uuid } from './uuid.pipe.js';

class GatewayTokenView {
  @ApiProperty({ description: '64 hex characters, shown this once.' })
  gatewayToken: string;

  @ApiProperty({ format: 'date-time' })
  expiresAt: Date;
}

/** A person's own gateway tokens: one for a sign-in, the list of them, the end of one. */
@ApiTags('accounts')
@Controller('auth')
export class GatewayTokenController {
  constructor(
    private readonly tokens: GatewayTokensService,
    private readonly ends: TokenEnd,
    private readonly subjects: SubjectTokens,
    private readonly checks: SecretCheck,
  ) {}

  /** Not under @SignedIn: an access token of a trusted issuer stands for somebody who has no sign-in here. */
  @Post('gateway-token')
  @Attempt()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'A gateway token for your access token: for an hour, or until your sign-in ends' })
  @ApiOkResponse({ type: GatewayTokenView })
  exchange(@Body() { label, scopes }: ExchangeBody, @CallerEvidence() evidence: Evidence): Promise<GatewayTokenView> {
    const jwt = evidence.presented.token;
    if (jwt === undefined) throw new Refused('token_missing');
    return this.checks.run(evidence, {
      judge: async () => {
        const subject = await this.subjects.verify(jwt);
        const wish = { label, scopes, requestId: evidence.requestId };
        const { token, expiresAt } = await this.tokens.exchange(subject, wish);
        return { gatewayToken: token, expiresAt };
      },
    });
  }

  @Get('gateway-tokens')
  @SignedIn()
  @ApiOperation({ summary: 'Your own gateway tokens, newest first' })
  @ApiOkResponse({ type: TokenPageView })
  async list(@Query() { limit, cursor }: PageQuery, @CurrentAccount() account: Account): Promise<TokenPageView> {
    const { tenantId, userId } = account;
    const page = pageOf(await this.tokens.list({ tenantId, userId }, limit + 1, cursor), limit);
    return { ...page, items: page.items.map(TokenView.of) };
  }

  @Delete('gateway-tokens/:id')
  @SignedIn()
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a gateway token of yours: it is refused everywhere within a second' })
  async revoke(
    @Param('id', uuid('id')) id: string,
    @CurrentAccount() account: Account,
    @Req() { id: requestId }: FastifyRequest,
  ): Promise<void> {
    await this.ends.revokeOwn(id, account, requestId);
  }
}
