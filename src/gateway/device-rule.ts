import { Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import type { ConnectParams } from './connect.params.js';

/**
 * Which devices may come in (contract section 5), as long as keys and signatures are not checked: a device counts only
 * as the owner of the token that it was given. Throws Refused('pairing_required' or 'device_identity_required').
 */
export function checkDevice(identity: Identity, asked: Identity, { device }: ConnectParams): void {
  if (device && device.id !== identity.deviceId) throw new Refused('pairing_required');
  if (asked.role === 'node' && identity.deviceId === undefined) throw new Refused('device_identity_required');
  // A token of one role is no way into another: that is for a person to approve.
  if (identity.deviceId !== undefined && asked.role !== identity.role) {
    throw new Refused('pairing_required', { message: 'pairing required: device is asking for another role' });
  }
}
