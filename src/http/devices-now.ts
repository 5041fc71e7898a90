import { Injectable } from '@nestjs/common';
import type { Identity } from '../kernel/identity.js';
import { ConnectedDevices } from '../pairing/connected-devices.js';
import { DeviceTokensService } from '../pairing/device-tokens.service.js';
import type { DeviceRecord } from '../pairing/devices.service.js';
import { DeviceView } from './device.view.js';

/** Devices as they are shown: the record, with its tokens and whether it is connected, as its caller sees it. */
@Injectable()
export class DevicesNow {
  constructor(
    private readonly tokens: DeviceTokensService,
    private readonly connected: ConnectedDevices,
  ) {}

  async views(devices: readonly DeviceRecord[], caller: Identity): Promise<DeviceView[]> {
    const ids = devices.map(({ id }) => id);
    const [tokens, connected] = await Promise.all([this.tokens.summaries(ids, caller), this.connected.among(ids)]);
    return devices.map((device) => {
      const { id } = device;
      const now = { tokens: tokens.get(id), connected: connected.has(id), self: id === caller.deviceId };
      return DeviceView.of(device, now);
    });
  }

  async view(device: DeviceRecord, caller: Identity): Promise<DeviceView> {
    return (await this.views([device], caller))[0]!;
  }
}
