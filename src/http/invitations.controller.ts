import { Body, Controller, Delete, Get, Header, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { InvitationsService } from '../accounts/invitations.service.js';
import { workingIn } from '../accounts/people/acting.js';
import { Caller, Needs } from '../auth/decorators.js';
import type { Identity } from '../kernel/identity.js';
import { InvitationLetters } from './invitation-letters.js';
import { pageOf } from './page.js';
import { InTenantQuery, InvitationBody, InvitationsQuery } from './people.bodies.js';
import { InvitationPageView, InvitationView, NewInvitationView } from './user.view.js';
import { actingOf } from './users.controller.js';
import { uuid } from './uuid.pipe.js';

/** People who are asked into a tenant, and have not come yet. */
@ApiTags('users')
@Controller('api/v1/users/invitations')
export class InvitationsController {
  constructor(
    private readonly invitations: InvitationsService,
    private readonly letters: InvitationLetters,
  ) {}

  @Get()
  @Needs('operator.admin')
  @ApiOperation({ summary: 'The open invitations of your tenant, newest first' })
  @ApiOkResponse({ type: InvitationPageView })
  async list(
    @Query() { limit, cursor, tenant }: InvitationsQuery,
    @Caller() caller: Identity,
  ): Promise<InvitationPageView> {
    const page = pageOf(await this.invitations.list(workingIn(caller, tenant), limit + 1, cursor), limit);
    return { ...page, items: page.items.map(InvitationView.of) };
  }

  @Post()
  @Needs('operator.admin')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Ask somebody into your tenant; the code is shown this once, and good for a week' })
  @ApiCreatedResponse({ type: NewInvitationView })
  create(
    @Body() body: InvitationBody,
    @Query() where: InTenantQuery,
    @Caller() caller: Identity,
    @Req() request: FastifyRequest,
  ): Promise<NewInvitationView> {
    return this.letters.send(body, actingOf(caller, where, request));
  }

  @Delete(':id')
  @Needs('operator.admin')
  @HttpCode(204)
  @ApiOperation({ summary: 'Take an invitation back' })
  async revoke(
    @Param('id', uuid('id')) id: string,
    @Query() where: InTenantQuery,
    @Caller() caller: Identity,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    await this.invitations.revoke(id, actingOf(caller, where, request));
  }
}
