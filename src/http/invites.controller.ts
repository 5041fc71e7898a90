import { Body, Controller, Header, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Caller, Needs } from '../auth/decorators.js';
import type { Identity } from '../kernel/identity.js';
import { InvitesService } from '../pairing/invites.service.js';
import { setupCode, setupLink } from '../pairing/setup-link.js';
import { InviteBody } from './device.bodies.js';
import { InviteView } from './invite.view.js';
import { OwnAddress } from './own-address.js';

/** Setup links: one device may come in without waiting for a person. */
@ApiTags('devices')
@Controller('api/v1/devices/invites')
export class InvitesController {
  constructor(
    private readonly invites: InvitesService,
    private readonly address: OwnAddress,
  ) {}

  @Post()
  @Needs('operator.pairing')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Make a setup link: single use, at most ten minutes, never more than you hold' })
  @ApiCreatedResponse({ type: InviteView })
  async create(@Body() { role, scopes, ttl }: InviteBody, @Caller() caller: Identity): Promise<InviteView> {
    const invite = await this.invites.create({ role, scopes, ttlMs: ttl * 1000 }, caller);
    const address = this.address.url();
    const code = setupCode(address, invite.token, invite.expiresAt);
    return InviteView.of(invite, setupLink(address, code), code);
  }
}
