import type { EntityManager } from 'typeorm';

/** Who signs in with an address, and what their password is checked with. */
export interface Login {
  readonly id: string;
  readonly tenantId: string;
  readonly email: string;
  readonly role: 'owner' | 'admin' | 'member' | 'viewer';
  readonly emailVerified: boolean;
  /** Null for a person without a password: of another provider, or not signed up yet. */
  readonly phc: string | null;
}

/** For `Database.query`. */
export const LOGIN_BY_EMAIL = `
  SELECT u.id, u.tenant_id AS "tenantId", u.email, u.role, u.email_verified_at IS NOT NULL AS "emailVerified", p.phc
    FROM users u LEFT JOIN user_passwords p ON p.user_id = u.id WHERE u.email = $1`;

const SET = `
  INSERT INTO user_passwords (user_id, tenant_id, phc) SELECT id, tenant_id, $2 FROM users WHERE id = $1
  ON CONFLICT (user_id) DO UPDATE SET phc = excluded.phc, changed_at = now()`;

const STILL = `SELECT 1 FROM user_passwords WHERE user_id = $1 AND phc = $2 FOR UPDATE`;

const RENEW = `UPDATE user_passwords SET phc = $3 WHERE user_id = $1 AND phc = $2`;

/** Gives a person a password, or another one. */
export async function setPassword(userId: string, phc: string, manager: EntityManager): Promise<void> {
  await manager.query(SET, [userId, phc]);
}

/** Whether a password is the one that was checked a moment ago; nobody changes it until the transaction ends. */
export async function isStillPassword(userId: string, phc: string, manager: EntityManager): Promise<boolean> {
  return (await manager.query<unknown[]>(STILL, [userId, phc])).length > 0;
}

/** The same password, hashed anew. */
export async function renewHash(userId: string, old: string, phc: string, manager: EntityManager): Promise<void> {
  await manager.query(RENEW, [userId, old, phc]);
}
