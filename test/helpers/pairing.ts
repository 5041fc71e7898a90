import { randomUUID } from 'node:crypto';
import { HOUSE_TENANT, type Identity } from '../../src/kernel/identity.js';
import type { PairingPlea, PendingRequest } from '../../src/pairing/pending-requests.js';
import { PairingService } from '../../src/pairing/pairing.service.js';
import { Device } from './device.js';
import { HOUSE } from './gateway.js';
import type { World } from './world.js';

/** A new device asks to be paired, in the rows; it comes from a source of its own unless told. */
export function askToPair(world: World, plea: Partial<PairingPlea> = {}): Promise<PendingRequest> {
  const { id, publicKey } = new Device();
  return world.get(PairingService).request({
    tenantId: HOUSE_TENANT,
    deviceId: id,
    publicKey,
    displayName: 'a phone',
    platform: 'ios',
    role: 'operator',
    source: randomUUID(),
    ...plea,
  });
}

/** A device that a person has let in; the id. */
export async function pairedDevice(world: World, plea: Partial<PairingPlea> = {}, granter: Identity = HOUSE) {
  const { requestId, deviceId } = await askToPair(world, plea);
  await world.get(PairingService).approve(requestId, granter);
  return deviceId;
}
