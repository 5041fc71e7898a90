import { Body, Controller, Delete, Get, Header, HttpCode, Param, Patch, Post, Query, Req } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { GatewayTokensService } from '../accounts/gateway-tokens.service.js';
import { UsersService } from '../accounts/users.service.js';
import { Caller, Needs } from '../auth/decorators.js';
import { Refused } from '../kernel/errors.js';
import { HOUSE_TENANT, type Identity } from '../kernel/identity.js';
import { covers } from '../kernel/scopes.js';
import { PageQuery, pageOf } from './page.js';
import { lifeOf, NewTokenBody, refuseMixture, RenameTokenBody, wrong } from './token.bodies.js';
import { NewTokenView, TokenPageView, TokenView } from './token.view.js';
import { uuid } from './uuid.pipe.js';

/** Who stands for the operator where no person is named. */
const HOUSE_OWNER = { email: 'owner@localhost', role: 'owner' } as const;

/** Gateway tokens of a tenant: made, listed, named, revoked. A value is in the answer that makes it, and nowhere else. */
@ApiTags('tokens')
@Controller('api/v1/tokens')
export class TokensController {
  constructor(
    private readonly tokens: GatewayTokensService,
    private readonly users: UsersService,
  ) {}

  @Post()
  @Needs('operator.admin')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Issue a gateway token, for a person or a machine; its value is shown this once' })
  @ApiCreatedResponse({ type: NewTokenView })
  async create(
    @Body() body: NewTokenBody,
    @Caller() caller: Identity,
    @Req() { id: requestId }: FastifyRequest,
  ): Promise<NewTokenView> {
    const { kind, label, scopes } = body;
    refuseMixture(body);
    const expiresIn = lifeOf(body);
    const beyond = scopes?.find((scope) => !covers(caller.scopes, scope));
    if (beyond) throw new Refused('missing_scope', { scope: beyond });

    const { tenantId } = caller;
    const userId = await this.holder(body, caller);
    const by = { actor: `${caller.method}:${caller.subject}`, requestId };
    const { token, record } = await this.tokens.create({ kind, userId, tenantId, label, expiresIn, scopes, by });
    return { ...TokenView.of(record), token };
  }

  @Get()
  @Needs('operator.admin')
  @ApiOperation({ summary: 'The gateway tokens of your tenant, newest first' })
  @ApiOkResponse({ type: TokenPageView })
  async list(@Query() { limit, cursor }: PageQuery, @Caller() { tenantId }: Identity): Promise<TokenPageView> {
    const page = pageOf(await this.tokens.list({ tenantId }, limit + 1, cursor), limit);
    return { ...page, items: page.items.map(TokenView.of) };
  }

  @Patch(':id')
  @Needs('operator.admin')
  @ApiOperation({ summary: 'Give a gateway token another label' })
  @ApiOkResponse({ type: TokenView })
  async rename(
    @Param('id', uuid('id')) id: string,
    @Body() { label }: RenameTokenBody,
    @Caller() caller: Identity,
  ): Promise<TokenView> {
    return TokenView.of(await this.tokens.rename(id, label, caller));
  }

  @Delete(':id')
  @Needs('operator.admin')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Revoke a gateway token: its sockets are closed and it is refused everywhere within a second',
  })
  async revoke(
    @Param('id', uuid('id')) id: string,
    @Caller() caller: Identity,
    @Req() { id: requestId }: FastifyRequest,
  ): Promise<void> {
    await this.tokens.revoke(id, caller, requestId);
  }

  /** The id of the person whose token it will be; of a service token, on whose standing it hangs. */
  private async holder({ kind, user, role }: NewTokenBody, caller: Identity): Promise<string> {
    const { tenantId, userId } = caller;
    if (kind === 'service' && userId !== undefined) return userId;
    if (user !== undefined) return (await this.users.holder(user, role, caller)).id;
    if (tenantId !== HOUSE_TENANT) throw wrong('user', 'must name the user whose token it is');
    return userId ?? (await this.users.holder(HOUSE_OWNER.email, HOUSE_OWNER.role, caller)).id;
  }
}
