import type { EntityManager } from 'typeorm';
import { Refused } from '../../kernel/errors.js';
import { HOUSE_TENANT, type Method } from '../../kernel/identity.js';
import type { UserRole } from '../../storage/entities/user.js';
import type { Acting } from './acting.js';

// prettier-ignore
const RANK: Readonly<Record<UserRole, number>> = {
  owner:  3,
  admin:  2,
  member: 1,
  viewer: 0,
};

/** Who shows the key of the house is its owner (contract section 3); whom others vouch for administers at most. */
const KEYS_OF_THE_HOUSE: readonly Method[] = ['loopback', 'token', 'password'];

/**
 * What the caller is in the tenant that it works in, by the rows as they are now: its own role; for whoever is no user
 * what its way in stands for; and for those of the house who look after another tenant, owner.
 */
export async function roleOf({ caller, tenantId }: Acting, manager: EntityManager): Promise<UserRole> {
  if (caller.tenantId === HOUSE_TENANT && tenantId !== HOUSE_TENANT) return 'owner';
  if (KEYS_OF_THE_HOUSE.includes(caller.method)) return 'owner';
  if (caller.userId === undefined) return 'admin';
  const [user] = await manager.query<{ role: UserRole }[]>(
    `SELECT role FROM users WHERE id = $1 AND tenant_id = $2 AND status = 'active'`,
    [caller.userId, tenantId],
  );
  return user?.role ?? 'viewer';
}

/** Nobody gives, takes or uses a role above their own. Throws Refused('role_too_high'). */
export function mayDealWith(own: UserRole, ...roles: readonly UserRole[]): void {
  const above = roles.find((role) => RANK[role] > RANK[own]);
  if (above)
    throw new Refused('role_too_high', {
      message: `${own} is below ${above}: nobody decides about a role above their own`,
    });
}
