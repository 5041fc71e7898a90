import { Inject, Injectable } from '@nestjs/common';
import { Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import { LOG, type Log } from '../kernel/log.js';
import { type Abilities, beyond, declared, isNothing, NO_ABILITIES, usable } from '../pairing/abilities.js';
import { type DeviceRecord, DevicesService } from '../pairing/devices.service.js';
import { PairingService } from '../pairing/pairing.service.js';
import type { Applicant } from './connect-attempt.js';

/** A node on one connection. */
export interface NodeStanding {
  /** What it says that it can do. */
  readonly declares: Abilities;
  /** What of it may be used: what a person has approved. */
  readonly usable: Abilities;
  /** The request for the rest, where there is one that waits. */
  readonly requestId?: string;
}

/**
 * What nodes may be used for: what a person has approved, whatever they declare when they come again (S103). A node that
 * declares more comes in with what it has, and a person is asked about the rest.
 */
@Injectable()
export class NodeAbilities {
  constructor(
    private readonly devices: DevicesService,
    private readonly pairing: PairingService,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** Of a node that has just been let in. Rejects with Unavailable when what was approved cannot be looked up. */
  async standing({ deviceId, tenantId }: Identity, { params, evidence }: Applicant): Promise<NodeStanding> {
    const declares = declared(params);
    if (isNothing(declares) || deviceId === undefined) return { declares, usable: NO_ABILITIES };

    const known = await this.devices.find(deviceId);
    // More may have been approved a moment ago: the rows know, memory may not yet.
    const fresh = known && isNothing(beyond(declares, known)) ? known : await this.devices.look(deviceId);
    const approved = fresh ?? NO_ABILITIES;
    const isCovered = !fresh || isNothing(beyond(declares, approved));
    const requestId = isCovered ? undefined : await this.ask(fresh, declares, tenantId, evidence.source);
    return { declares, usable: usable(declares, approved), ...(requestId !== undefined && { requestId }) };
  }

  /** What may be used of a node now: more than when it came in, if a person has approved it meanwhile. */
  async usable(deviceId: string | undefined, declares: Abilities): Promise<Abilities> {
    const record = deviceId === undefined ? undefined : await this.devices.find(deviceId);
    return record && !record.revoked ? usable(declares, record) : NO_ABILITIES;
  }

  /** Says of itself what was approved of it: what it is does not change with what it can do. */
  private async ask(
    { id, publicKey, displayName, platform, deviceFamily, clientId, clientMode }: DeviceRecord,
    abilities: Abilities,
    tenantId: string,
    source: string,
  ): Promise<string | undefined> {
    const is = { deviceId: id, tenantId, role: 'node', abilities, source } as const;
    const said = { publicKey, displayName, platform, deviceFamily, clientId, clientMode };
    try {
      const { requestId } = await this.pairing.request({ ...is, ...present(said) });
      return requestId;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // Too many wait. The node is in with what it has, and asks when it comes again.
      this.log.warn('a node declares more than was approved, and nobody could be asked', { device: id, error });
      return undefined;
    }
  }
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], null> };

function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as Present<T>;
}
