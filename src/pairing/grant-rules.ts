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
  const refused = refusedGrant(granter, role, scopes);
  if (refused) throw refused;
}

/** As `mayGrant`, for who has something to do before it is thrown. */
export function refusedGrant(
  granter: Pick<Identity, 'scopes'>,
  role: Role,
  scopes: readonly Scope[],
): Refused | undefined {
  const missing = grantNeeds(role, scopes).find((scope) => !covers(granter.scopes, scope));
  return missing && new Refused('missing_scope', { scope: missing });
}

/** The scopes that whoever gives this role and these scopes must hold. */
export function grantNeeds(role: Role, scopes: readonly Scope[]): readonly Scope[] {
  const needed: Scope[] = ['operator.pairing', ...scopes];
  // A node runs things on its own machine: letting one in, or more of it, is more than reading and writing.
  return role === 'node' ? [...needed, 'operator.admin'] : needed;
}

/** Whether `caller` may see and handle this device: a device that is no admin manages itself alone (S090). */
export function mayManage(caller: Identity, deviceId: string): boolean {
  const only = onlyDevice(caller);
  return only === undefined || only === deviceId;
}

/** The one device that `caller` may see and handle, where it is bound to one: itself. */
export function onlyDevice({ method, deviceId, scopes }: Identity): string | undefined {
  return method === 'device-token' && !covers(scopes, 'operator.admin') ? deviceId : undefined;
}

/** Whether a new token may be shown to whoever rotated it: to the device that held the one before, in that role. */
export function mayReceive(caller: Identity, rotated: { readonly deviceId: string; readonly role: Role }): boolean {
  return caller.deviceId === rotated.deviceId && caller.role === rotated.role;
}
