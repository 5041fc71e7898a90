import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { type DeviceRecord, DevicesService } from '../pairing/devices.service.js';
import { proveDevice, type ShownDevice } from '../pairing/device-proof.js';
import type { Evidence } from './evidence.js';

/** The device that a caller has proved to be, and what is known of it. */
export interface ProvedDevice {
  readonly id: string;
  /** In its one spelling. */
  readonly publicKey: string;
  /** In service, or revoked; undefined when it was never paired. */
  readonly record: DeviceRecord | undefined;
}

/** Proves the device that a `connect` shows: once, however many ask, since a signature costs more than all the rest. */
@Injectable()
export class DeviceKeys {
  private readonly proved = new WeakMap<ShownDevice, Promise<string>>();

  constructor(
    private readonly devices: DevicesService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The key of the device shown. Rejects with Refused and its code when it is not what it claims to be. */
  prove(device: ShownDevice): Promise<string> {
    let key = this.proved.get(device);
    if (key === undefined) {
      key = proveDevice(device.claim, device.facts, device.challenge, this.clock.now());
      this.proved.set(device, key);
    }
    return key;
  }

  /** The device shown, proved, with its record; undefined when none is shown. Rejects as `prove` does. */
  async find({ presented }: Evidence): Promise<ProvedDevice | undefined> {
    if (!presented.device) return undefined;
    const { id } = presented.device.claim;
    const publicKey = await this.prove(presented.device);
    return { id, publicKey, record: this.devices.exist ? await this.record(id) : undefined };
  }

  /** A device that is not in service may have been let in a moment ago: the rows know, memory may not yet. */
  private async record(id: string): Promise<DeviceRecord | undefined> {
    const known = await this.devices.find(id);
    return known && !known.revoked ? known : this.devices.look(id);
  }

  /** Whether the caller holds the key of a device in service: that cannot be guessed, so no lock keeps it out. */
  async isPaired(evidence: Evidence): Promise<boolean> {
    const device = await this.find(evidence);
    return device?.record?.revoked === false && device.record.publicKey === device.publicKey;
  }
}
