import { Body, Controller, Delete, Get, Header, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Caller, Needs } from '../auth/decorators.js';
import type { Identity } from '../kernel/identity.js';
import { covers } from '../kernel/scopes.js';
import { DeviceTokensService } from '../pairing/device-tokens.service.js';
import { DevicesService } from '../pairing/devices.service.js';
import { mayReceive } from '../pairing/grant-rules.js';
import { DevicePageQuery, RenameBody, RevokeBody, RotateBody } from './device.bodies.js';
import { DevicePageView, DeviceView, RevokedTokenView, RotatedTokenView } from './device.view.js';
import { DevicesNow } from './devices-now.js';
import { pageOf } from './page.js';

/** Devices that are paired, and their tokens. */
@ApiTags('devices')
@Controller('api/v1/devices')
export class DevicesController {
  constructor(
    private readonly devices: DevicesService,
    private readonly tokens: DeviceTokensService,
    private readonly now: DevicesNow,
  ) {}

  @Get()
  @Needs('operator.pairing')
  @ApiOperation({ summary: 'The paired devices of your tenant, newest first; a device that is no admin sees itself' })
  @ApiOkResponse({ type: DevicePageView })
  async list(@Query() { limit, cursor }: DevicePageQuery, @Caller() caller: Identity): Promise<DevicePageView> {
    const page = pageOf(await this.devices.list(caller, limit + 1, cursor), limit);
    return { ...page, items: await this.now.views(page.items, caller) };
  }

  @Get(':id')
  @Needs('operator.pairing')
  @ApiOperation({ summary: 'One paired device' })
  @ApiOkResponse({ type: DeviceView })
  async get(@Param('id') id: string, @Caller() caller: Identity): Promise<DeviceView> {
    return this.now.view(await this.devices.get(id, caller), caller);
  }

  @Patch(':id')
  @Needs('operator.pairing')
  @ApiOperation({ summary: 'Give a device the name that people see' })
  @ApiOkResponse({ type: DeviceView })
  async rename(
    @Param('id') id: string,
    @Body() { displayName }: RenameBody,
    @Caller() caller: Identity,
  ): Promise<DeviceView> {
    return this.now.view(await this.devices.rename(id, displayName, caller), caller);
  }

  @Delete(':id')
  @Needs('operator.pairing')
  @HttpCode(204)
  @ApiOperation({ summary: 'Take a device out of service: its tokens end, its sockets are closed within a second' })
  async remove(@Param('id') id: string, @Caller() caller: Identity): Promise<void> {
    await this.devices.remove(id, caller);
  }

  @Post(':id/token/rotate')
  @Needs('operator.pairing')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Replace a token of a device, keeping or narrowing its scopes' })
  @ApiOkResponse({ type: RotatedTokenView })
  async rotate(
    @Param('id') deviceId: string,
    @Body() { deliver, ...wanted }: RotateBody,
    @Caller() caller: Identity,
  ): Promise<RotatedTokenView> {
    const rotated = await this.tokens.rotate({ deviceId, ...wanted }, caller);
    const isAdmin = covers(caller.scopes, 'operator.admin');
    return RotatedTokenView.of(rotated, mayReceive(caller, rotated) || (deliver && isAdmin));
  }

  @Post(':id/token/revoke')
  @Needs('operator.pairing')
  @HttpCode(200)
  @ApiOperation({ summary: 'End a token of a device, and the approval of its role' })
  @ApiOkResponse({ type: RevokedTokenView })
  async revoke(
    @Param('id') deviceId: string,
    @Body() { role: asked }: RevokeBody,
    @Caller() caller: Identity,
  ): Promise<RevokedTokenView> {
    const { role, revokedAt } = await this.tokens.revoke(deviceId, asked, caller);
    return { deviceId, role, revokedAt };
  }
}
