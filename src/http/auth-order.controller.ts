import { Body, Controller, Delete, Get, HttpCode, Param, Put, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsString, MaxLength } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { Caller, NeedsHouse } from '../auth/decorators.js';
import { AuthOrderService } from '../credentials/auth-order.service.js';
import type { AuthOrder } from '../credentials/auth-order.js';
import type { Identity } from '../kernel/identity.js';

class AuthOrderBody {
  @ApiProperty({ type: [String], example: ['anthropic:work', 'anthropic:default'] })
  @IsArray()
  @ArrayMaxSize(1000)
  @IsString({ each: true })
  @MaxLength(256, { each: true })
  order: string[];
}

class AuthOrderView implements AuthOrder {
  @ApiProperty({ example: 'main' })
  agent: string;

  @ApiProperty({ example: 'anthropic' })
  provider: string;

  @ApiProperty({ type: [String], nullable: true, description: 'Null: kind and last use decide.' })
  order: readonly string[] | null;

  @ApiProperty({ enum: ['store', 'config'], nullable: true, description: 'Who says so.' })
  source: 'store' | 'config' | null;

  static of({ agent, provider, order, source }: AuthOrder): AuthOrderView {
    return { agent, provider, order, source };
  }
}

/** In which order the profiles of an agent at a provider are tried. */
@ApiTags('models')
@Controller('api/v1/agents/:agent/auth-order/:provider')
export class AuthOrderController {
  constructor(private readonly orders: AuthOrderService) {}

  @Get()
  @NeedsHouse('operator.admin')
  @ApiOperation({ summary: 'The order that holds for an agent at a provider, and who says so' })
  @ApiOkResponse({ type: AuthOrderView })
  async get(@Param('agent') agent: string, @Param('provider') provider: string): Promise<AuthOrderView> {
    return AuthOrderView.of(await this.orders.get(agent, provider));
  }

  @Put()
  @NeedsHouse('operator.admin')
  @ApiOperation({ summary: 'Store an order for an agent: these profiles are tried, in this order, and no others' })
  @ApiOkResponse({ type: AuthOrderView })
  async set(
    @Param('agent') agent: string,
    @Param('provider') provider: string,
    @Body() { order }: AuthOrderBody,
    @Caller() caller: Identity,
    @Req() { id: requestId }: FastifyRequest,
  ): Promise<AuthOrderView> {
    return AuthOrderView.of(await this.orders.set(agent, provider, order, { actor: actorOf(caller), requestId }));
  }

  @Delete()
  @NeedsHouse('operator.admin')
  @HttpCode(204)
  @ApiOperation({ summary: 'Forget the stored order of an agent: that of the configuration holds again, or none' })
  async clear(
    @Param('agent') agent: string,
    @Param('provider') provider: string,
    @Caller() caller: Identity,
    @Req() { id: requestId }: FastifyRequest,
  ): Promise<void> {
    await this.orders.clear(agent, provider, { actor: actorOf(caller), requestId });
  }
}

const actorOf = ({ method, subject }: Identity): string => `${method}:${subject}`;
