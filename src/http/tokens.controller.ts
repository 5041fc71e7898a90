import { Body, Controller, Delete, Get, Header, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsArray, IsEmail, IsIn, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { GatewayTokensService } from '../accounts/gateway-tokens.service.js';
import { USER_ROLES, type UserRole } from '../accounts/roles.js';
import { UsersService } from '../accounts/users.service.js';
import { Caller, Needs } from '../auth/decorators.js';
import { Refused } from '../kernel/errors.js';
import { HOUSE_TENANT, type Identity } from '../kernel/identity.js';
import { SCOPES, type Scope } from '../kernel/scopes.js';
import { PageQuery, pageOf } from './page.js';
import { NewTokenView, TokenPageView, TokenView } from './token.view.js';
import { uuid } from './uuid.pipe.js';

/** The longest life of a token that an operator may hand out: a year. */
const YEAR_S = 365 * 24 * 3600;
const HOUR_S = 3600;

class NewTokenBody {
  @ApiPropertyOptional({ description: 'Whose token. Default: the owner of the house.', example: 'ana@example.com' })
  @IsOptional()
  @IsEmail()
  user?: string;

  @ApiPropertyOptional({ enum: USER_ROLES, description: 'Makes the user with this role where there is none yet.' })
  @IsOptional()
  @IsIn(USER_ROLES)
  role?: UserRole;

  @ApiPropertyOptional({ example: 'laptop' })
  @IsOptional()
  @IsString()
  @Length(1, 100)
  label?: string;

  @ApiPropertyOptional({ type: 'integer', description: 'Seconds.', default: HOUR_S, maximum: YEAR_S })
  @IsInt()
  @Min(1)
  @Max(YEAR_S)
  expiresIn = HOUR_S;

  @ApiPropertyOptional({ enum: SCOPES, isArray: true, description: "Narrows what the user's role gives." })
  @IsOptional()
  @IsArray()
  @IsIn(SCOPES, { each: true })
  scopes?: Scope[];
}

/** Who stands for the operator where no person is named. */
const HOUSE_OWNER = { email: 'owner@localhost', role: 'owner' } as const;

/** Gateway tokens: made, listed, revoked. A token's value is in the answer that makes it, and nowhere else. */
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
  @ApiOperation({ summary: 'Issue a gateway token; its value is shown this once' })
  @ApiCreatedResponse({ type: NewTokenView })
  async create(@Body() body: NewTokenBody, @Caller() caller: Identity): Promise<NewTokenView> {
    const user = await this.holder(body, caller.tenantId);
    const { label, expiresIn, scopes } = body;
    const { token, record } = await this.tokens.create({
      userId: user.id,
      tenantId: caller.tenantId,
      label,
      expiresIn,
      scopes,
    });
    return { ...TokenView.of(record), token };
  }

  @Get()
  @Needs('operator.admin')
  @ApiOperation({ summary: 'The gateway tokens of your tenant, newest first' })
  @ApiOkResponse({ type: TokenPageView })
  async list(@Query() { limit, cursor }: PageQuery, @Caller() caller: Identity): Promise<TokenPageView> {
    const page = pageOf(await this.tokens.list(caller.tenantId, limit + 1, cursor), limit);
    return { ...page, items: page.items.map(TokenView.of) };
  }

  @Delete(':id')
  @Needs('operator.admin')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Revoke a gateway token: its sockets are closed and it is refused everywhere within a second',
  })
  async revoke(@Param('id', uuid('id')) id: string, @Caller() caller: Identity): Promise<void> {
    await this.tokens.revoke(id, caller);
  }

  private holder({ user, role }: NewTokenBody, tenantId: string): Promise<{ id: string }> {
    if (user !== undefined)
      return role ? this.users.findOrCreate(user, role, tenantId) : this.users.find(user, tenantId);
    if (tenantId !== HOUSE_TENANT) {
      throw new Refused('invalid_request', {
        fields: [{ path: 'user', message: 'must name the user whose token it is' }],
      });
    }
    return this.users.findOrCreate(HOUSE_OWNER.email, HOUSE_OWNER.role, tenantId);
  }
}
