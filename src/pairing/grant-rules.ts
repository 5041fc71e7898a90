import { Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import { covers, type Role, type Scope } from '../kernel/scopes.js';

/** What a device is asked to be given where it names nothing. */
// prettier-ignore
export const DEFAULT_SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  operator: ['operator.read', 'operator.write'],
  webchat:  ['operator.read', 'operator.write'],
  node:     [],
};

/**
 * Whether `granter` may give this role and these scopes to a device. The one rule for approval, rotation and setup
 * links, on every surface: nobody grants what they do not hold (S087, S088, S101, S106). Throws Refused with the first
 * scope that is missing.
 */
export function mayGrant(granter: Pick<Identity, 'scopes'>, role: Role, scopes: readonly Scope[]): void {
  const needed: Scope[] = ['operator.pairing', ...scopes];
  // A node runs things on its own machine: letting one in is more than reading and writing.
  if (role === 'node') needed.push('operator.admin');
  const missing = needed.find((scope) => !covers(granter.scopes, scope));
  if (missing) throw new Refused('missing_scope', { scope: missing });
}

/** Whether `caller` may see and handle this device: a device that is no admin manages itself alone (S090). */
export function mayManage(caller: Identity, deviceId: string): boolean {
  return caller.method !== 'device-token' || caller.deviceId === deviceId || covers(caller.scopes, 'operator.admin');
}
