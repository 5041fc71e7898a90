import { Injectable } from '@nestjs/common';
import type { Identity } from '../kernel/identity.js';
import { ConnectedDevices } from '../pairing/connected-devices.js';
import { type DeviceRecord, DevicesService } from '../pairing/devices.service.js';
import type { DeviceNow } from './pairing.views.js';

const MOST_LISTED = 1000;

/** The nodes that were let in, and how each stands now. */
@Injectable()
export class PairedNodes {
  constructor(
    private readonly devices: DevicesService,
    private readonly connected: ConnectedDevices,
  ) {}

  /** Those that `caller` may see, newest first. */
  async list(caller: Identity): Promise<[DeviceRecord, DeviceNow][]> {
    const nodes = (await this.devices.list(caller, MOST_LISTED)).filter(({ roles }) => roles.includes('node'));
    const connected = await this.connected.among(nodes.map(({ id }) => id));
    return nodes.map((node) => [node, { connected: connected.get(node.id), self: node.id === caller.deviceId }]);
  }

  async now({ id }: DeviceRecord, caller: Identity): Promise<DeviceNow> {
    return { connected: (await this.connected.among([id])).get(id), self: id === caller.deviceId };
  }
}
