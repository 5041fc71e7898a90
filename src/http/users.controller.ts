import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Req } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { workingIn } from '../accounts/people/acting.js';
import { UserStandingService } from '../accounts/user-standing.service.js';
import { type Acting, UsersService } from '../accounts/users.service.js';
import { Caller, Needs } from '../auth/decorators.js';
import type { Identity } from '../kernel/identity.js';
import { pageOf } from './page.js';
import { InTenantQuery, NewUserBody, UserChangeBody, UsersQuery } from './people.bodies.js';
import { EndedSessionsView, UserPageView, UserView } from './user.view.js';
import { uuid } from './uuid.pipe.js';

/** The people of a tenant. The house may look after another tenant by naming it: `?tenant=<id>`. */
@ApiTags('users')
@Controller('api/v1/users')
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly standing: UserStandingService,
  ) {}

  @Get()
  @Needs('operator.admin')
  @ApiOperation({ summary: 'The people of your tenant, newest first' })
  @ApiOkResponse({ type: UserPageView })
  async list(
    @Query() { limit, cursor, tenant, ...filter }: UsersQuery,
    @Caller() caller: Identity,
  ): Promise<UserPageView> {
    const page = pageOf(await this.users.list(workingIn(caller, tenant), filter, limit + 1, cursor), limit);
    return { ...page, items: page.items.map(UserView.of) };
  }

  @Post()
  @Needs('operator.admin')
  @ApiOperation({
    summary: 'Write a person down who has no password yet: they sign in after a reset, or through a provider',
  })
  @ApiCreatedResponse({ type: UserView })
  async create(
    @Body() body: NewUserBody,
    @Query() where: InTenantQuery,
    @Caller() caller: Identity,
    @Req() request: FastifyRequest,
  ): Promise<UserView> {
    return UserView.of(await this.users.create(body, actingOf(caller, where, request)));
  }

  @Get(':id')
  @Needs('operator.admin')
  @ApiOperation({ summary: 'One person' })
  @ApiOkResponse({ type: UserView })
  async get(
    @Param('id', uuid('id')) id: string,
    @Query() { tenant }: InTenantQuery,
    @Caller() caller: Identity,
  ): Promise<UserView> {
    return UserView.of(await this.users.get(id, workingIn(caller, tenant)));
  }

  @Patch(':id')
  @Needs('operator.admin')
  @ApiOperation({
    summary: 'Change the name, role or status of a person; the last owner stays an owner who can come in',
  })
  @ApiOkResponse({ type: UserView })
  async change(
    @Param('id', uuid('id')) id: string,
    @Body() body: UserChangeBody,
    @Query() where: InTenantQuery,
    @Caller() caller: Identity,
    @Req() request: FastifyRequest,
  ): Promise<UserView> {
    return UserView.of(await this.standing.change(id, body, actingOf(caller, where, request)));
  }

  @Delete(':id')
  @Needs('operator.admin')
  @HttpCode(204)
  @ApiOperation({ summary: 'Take a person out for good: all they hold ends, their address is free again' })
  async remove(
    @Param('id', uuid('id')) id: string,
    @Query() where: InTenantQuery,
    @Caller() caller: Identity,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    await this.standing.remove(id, actingOf(caller, where, request));
  }

  @Delete(':id/sessions')
  @Needs('operator.admin')
  @HttpCode(200)
  @ApiOperation({ summary: 'End every sign-in of a person, and the tokens that hang on them' })
  @ApiOkResponse({ type: EndedSessionsView })
  async endSessions(
    @Param('id', uuid('id')) id: string,
    @Query() where: InTenantQuery,
    @Caller() caller: Identity,
    @Req() request: FastifyRequest,
  ): Promise<EndedSessionsView> {
    return { ended: await this.standing.endSessions(id, actingOf(caller, where, request)) };
  }
}

/** Throws Refused('not_found') for a tenant that is not the caller's. */
export function actingOf(caller: Identity, { tenant }: InTenantQuery, { id: requestId }: FastifyRequest): Acting {
  return { caller, tenantId: workingIn(caller, tenant), requestId };
}
