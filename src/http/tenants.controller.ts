import { Body, Controller, Get, Header, Param, Patch, Post, Query, Req } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { TenantsService } from '../accounts/tenants.service.js';
import { Caller, Needs, NeedsHouse } from '../auth/decorators.js';
import type { Identity } from '../kernel/identity.js';
import { InvitationLetters } from './invitation-letters.js';
import { pageOf } from './page.js';
import { NewTenantBody, TenantChangeBody, TenantsQuery } from './people.bodies.js';
import { NewTenantView, TenantPageView, TenantView } from './tenant.view.js';
import { uuid } from './uuid.pipe.js';

/** Customers of the installation. The house sees, makes and suspends them; a tenant sees and names itself. */
@ApiTags('tenants')
@Controller('api/v1/tenants')
export class TenantsController {
  constructor(
    private readonly tenants: TenantsService,
    private readonly letters: InvitationLetters,
  ) {}

  @Get()
  @NeedsHouse('operator.admin')
  @ApiOperation({ summary: 'All tenants, newest first; for the house' })
  @ApiOkResponse({ type: TenantPageView })
  async list(@Query() { limit, cursor, ...filter }: TenantsQuery): Promise<TenantPageView> {
    const page = pageOf(await this.tenants.list(filter, limit + 1, cursor), limit);
    return { ...page, items: page.items.map(TenantView.of) };
  }

  @Post()
  @NeedsHouse('operator.admin')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Make a tenant, and ask its owner in; for the house' })
  @ApiCreatedResponse({ type: NewTenantView })
  async create(
    @Body() { name, owner }: NewTenantBody,
    @Caller() caller: Identity,
    @Req() { id: requestId }: FastifyRequest,
  ): Promise<NewTenantView> {
    const tenant = TenantView.of(await this.tenants.create(name, caller, requestId));
    if (owner === undefined) return tenant;
    const acting = { caller, tenantId: tenant.id, requestId };
    return { ...tenant, invitation: await this.letters.send({ email: owner, role: 'owner' }, acting) };
  }

  @Get(':id')
  @Needs('operator.admin')
  @ApiOperation({ summary: 'Your tenant; for the house any' })
  @ApiOkResponse({ type: TenantView })
  async get(@Param('id', uuid('id')) id: string, @Caller() caller: Identity): Promise<TenantView> {
    return TenantView.of(await this.tenants.get(id, caller));
  }

  @Patch(':id')
  @Needs('operator.admin')
  @ApiOperation({ summary: 'Name your tenant anew; the house also suspends it, which ends all of it at once' })
  @ApiOkResponse({ type: TenantView })
  async change(
    @Param('id', uuid('id')) id: string,
    @Body() body: TenantChangeBody,
    @Caller() caller: Identity,
    @Req() { id: requestId }: FastifyRequest,
  ): Promise<TenantView> {
    return TenantView.of(await this.tenants.change(id, body, caller, requestId));
  }
}
