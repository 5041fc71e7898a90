import type { EntityManager } from 'typeorm';
import { Refused } from '../../kernel/errors.js';
import type { UserRole, UserStatus } from '../../storage/entities/user.js';

/** A person in a list: nothing of how they sign in. */
export interface UserRecord {
  readonly id: string;
  readonly tenantId: string;
  readonly email: string;
  readonly displayName: string | null;
  readonly role: UserRole;
  readonly status: UserStatus;
  readonly emailVerified: boolean;
  readonly createdAt: Date;
  /** When they signed in last; null for never. */
  readonly signedInAt: Date | null;
}

/** Rows for `UserRecord`; to be followed by a condition. */
export const USER_RECORDS = `
  SELECT u.id, u.tenant_id AS "tenantId", u.email, u.display_name AS "displayName", u.role, u.status,
         u.email_verified_at IS NOT NULL AS "emailVerified", u.created_at AS "createdAt",
         (SELECT max(s.created_at) FROM user_sessions s WHERE s.user_id = u.id) AS "signedInAt"
    FROM users u`;

/** One person of a tenant; a removed one is no longer there. Throws Refused('not_found'). */
export async function readUser(id: string, tenantId: string, manager: EntityManager): Promise<UserRecord> {
  const [user] = await manager.query<UserRecord[]>(
    `${USER_RECORDS} WHERE u.id = $1 AND u.tenant_id = $2 AND u.status <> 'deleted'`,
    [id, tenantId],
  );
  if (!user) throw new Refused('not_found', { message: 'no such user' });
  return user;
}
