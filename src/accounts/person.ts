import type { EntityManager } from 'typeorm';
import type { UserRole } from './roles.js';

/** A person as they see themselves, and where they belong. */
export interface Person {
  readonly id: string;
  readonly tenantId: string;
  readonly tenantName: string;
  readonly email: string;
  readonly displayName: string | null;
  readonly emailVerified: boolean;
  readonly role: UserRole;
  readonly locale: string | null;
  readonly timezone: string | null;
  readonly createdAt: Date;
}

const PERSON = `
  SELECT u.id, u.tenant_id AS "tenantId", n.name AS "tenantName", u.email, u.display_name AS "displayName",
         u.email_verified_at IS NOT NULL AS "emailVerified", u.role, u.locale, u.timezone, u.created_at AS "createdAt"
    FROM users u JOIN tenants n ON n.id = u.tenant_id WHERE u.id = $1`;

/** Undefined for one who is not there, or not in the tenant that the transaction sees. */
export async function readPerson(userId: string, manager: EntityManager): Promise<Person | undefined> {
  const [person] = await manager.query<Person[]>(PERSON, [userId]);
  return person;
}
