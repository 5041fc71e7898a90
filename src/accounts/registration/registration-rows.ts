import type { EntityManager } from 'typeorm';
import type { UserRole } from '../roles.js';

/** A person who signs up, on the way into a tenant. */
export interface NewPerson {
  readonly tenantId: string;
  /** Canonical. */
  readonly email: string;
  readonly role: UserRole;
  readonly displayName?: string;
  readonly locale?: string;
  readonly timezone?: string;
  readonly country?: string;
}

/** Whether anybody has signed up at all: who was only written down as the holder of a token has not. */
export async function somebodySignedUp(manager: EntityManager): Promise<boolean> {
  const found = await manager.query<unknown[]>(`SELECT 1 FROM users WHERE registered_at IS NOT NULL LIMIT 1`);
  return found.length > 0;
}

/** One first user in the whole house: whoever else asks at the same time waits, and is too late. */
export async function lockFirstUser(manager: EntityManager): Promise<void> {
  await manager.query(`SELECT pg_advisory_xact_lock(hashtext('doorward first user'))`);
}

/** A tenant of its own for somebody who signs up by themselves, named by their address. */
export async function makeTenant(email: string, manager: EntityManager): Promise<string> {
  const [made] = await manager.query<[{ id: string }]>(MAKE_TENANT, [email]);
  return made.id;
}

/**
 * Makes the person; with `takeOver` one who is written down in this tenant, and has never signed up nor come in by another
 * provider, becomes the person.
 * Undefined when the address is taken.
 */
export async function makePerson(
  person: NewPerson,
  takeOver: boolean,
  manager: EntityManager,
): Promise<string | undefined> {
  const { tenantId, email, role, displayName = null, locale = null, timezone = null, country = null } = person;
  const values = [tenantId, email, role, displayName, locale, timezone, country, takeOver];
  const [made] = await manager.query<{ id: string }[]>(MAKE_PERSON, values);
  return made?.id;
}

const MAKE_TENANT = `
  INSERT INTO tenants (name)
  SELECT CASE WHEN EXISTS (SELECT 1 FROM tenants WHERE name = $1) THEN $1 || ' ' || gen_random_uuid() ELSE $1 END
  RETURNING id`;

const MAKE_PERSON = `
  INSERT INTO users AS u (tenant_id, email, role, display_name, locale, timezone, country, registered_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, now())
  ON CONFLICT (email) DO UPDATE SET
    role = excluded.role, display_name = coalesce(excluded.display_name, u.display_name), locale = excluded.locale,
    timezone = excluded.timezone, country = excluded.country, registered_at = now()
    WHERE $8::boolean AND u.tenant_id = excluded.tenant_id AND u.registered_at IS NULL AND u.status = 'active'
      AND NOT EXISTS (SELECT 1 FROM user_sessions s WHERE s.user_id = u.id)
      AND NOT EXISTS (SELECT 1 FROM user_identities i WHERE i.user_id = u.id)
  RETURNING u.id`;
