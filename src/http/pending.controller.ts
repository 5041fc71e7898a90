import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Caller, Needs } from '../auth/decorators.js';
import type { Identity } from '../kernel/identity.js';
import { DevicesService } from '../pairing/devices.service.js';
import { PairingService } from '../pairing/pairing.service.js';
import { ApproveBody } from './device.bodies.js';
import { DevicesNow } from './devices-now.js';
import { ApprovedView, PendingPageView, PendingView, RejectedView } from './pending.view.js';
import { uuid } from './uuid.pipe.js';

/** Devices that wait for a person, whether they come by `device.pair` or by `node.pair`. */
@ApiTags('devices')
@Controller('api/v1/devices/pending')
export class PendingController {
  constructor(
    private readonly pairing: PairingService,
    private readonly devices: DevicesService,
    private readonly now: DevicesNow,
  ) {}

  @Get()
  @Needs('operator.pairing')
  @ApiOperation({ summary: 'The devices that wait to be let in, oldest first' })
  @ApiOkResponse({ type: PendingPageView })
  async list(@Caller() caller: Identity): Promise<PendingPageView> {
    const waiting = await this.pairing.pending(caller);
    const items = waiting.map(async (request) => PendingView.of(request, await this.devices.find(request.deviceId)));
    return { items: await Promise.all(items), nextCursor: null };
  }

  @Post(':requestId/approve')
  @Needs('operator.pairing')
  @HttpCode(200)
  @ApiOperation({ summary: 'Let a device in, with what it asked for or with less; only the device gets its token' })
  @ApiOkResponse({ type: ApprovedView })
  async approve(
    @Param('requestId', uuid('requestId')) requestId: string,
    @Body() { scopes }: ApproveBody,
    @Caller() caller: Identity,
  ): Promise<ApprovedView> {
    const device = await this.pairing.approve(requestId, caller, scopes);
    return { requestId, device: await this.now.view(device, caller) };
  }

  @Post(':requestId/reject')
  @Needs('operator.pairing')
  @HttpCode(200)
  @ApiOperation({ summary: 'Turn a device away; it may ask again' })
  @ApiOkResponse({ type: RejectedView })
  async reject(
    @Param('requestId', uuid('requestId')) requestId: string,
    @Caller() caller: Identity,
  ): Promise<RejectedView> {
    const { deviceId } = await this.pairing.reject(requestId, caller);
    return { requestId, deviceId };
  }
}
