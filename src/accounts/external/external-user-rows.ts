import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { digest } from '../../kernel/crypto.js';
import { Database } from '../../storage/database.js';
import type { SessionOwner } from '../account.js';
import type { UserRole } from '../roles.js';
import type { Vouched } from './vouched.js';

/** A user, as somebody from outside turns out to be. */
export interface ExternalUser extends SessionOwner {
  /** The user and the tenant are good. */
  readonly isActive: boolean;
  /** The last visit was not noted within the minute. */
  readonly isStale?: boolean;
  /** The address was verified here, or no password goes with it: nobody else can have made this user for themselves. */
  readonly isSafe?: boolean;
  /** Another identity of the same issuer is this user. */
  readonly isElsewhere?: boolean;
}

export interface NewUser {
  readonly tenantId: string;
  readonly role: UserRole;
  /** Whoever was invited has signed up. Whoever was not is no first user of the house, who would become its owner. */
  readonly wasInvited: boolean;
}

/** The statements behind `ExternalUsers`. These rows are the house's: whose tenant it is shows only in them. */
@Injectable()
export class ExternalUserRows {
  constructor(private readonly database: Database) {}

  async find({ issuer, subject }: Vouched, manager?: EntityManager): Promise<ExternalUser | undefined> {
    const [user] = await this.ask<ExternalUser>(FIND, [issuer, subject], manager);
    return user;
  }

  async findByEmail(email: string, issuer: string, manager: EntityManager): Promise<ExternalUser | undefined> {
    const [user] = await manager.query<ExternalUser[]>(FIND_BY_EMAIL, [email, issuer]);
    return user;
  }

  /** One at a time for one identity, until the commit: two first visits make one user. */
  async lock({ issuer, subject }: Vouched, manager: EntityManager): Promise<void> {
    await manager.query(LOCK, [JSON.stringify([issuer, subject])]);
  }

  async tenant(idOrName: string, manager: EntityManager): Promise<{ id: string; isActive: boolean } | undefined> {
    const [tenant] = await manager.query<{ id: string; isActive: boolean }[]>(TENANT, [idOrName]);
    return tenant;
  }

  async add(
    { issuer, subject, email }: Vouched,
    user: Pick<SessionOwner, 'id' | 'tenantId'>,
    manager: EntityManager,
  ): Promise<void> {
    await manager.query(ADD, [user.tenantId, user.id, issuer, subject, email ?? null]);
  }

  async seen({ issuer, subject, email }: Vouched, manager?: EntityManager): Promise<void> {
    await this.ask(SEEN, [issuer, subject, email ?? null], manager);
  }

  async verified(userId: string, manager: EntityManager): Promise<void> {
    await manager.query(VERIFIED, [userId]);
  }

  /** The role that an open invitation of this address gives; it is accepted by that. */
  async acceptInvitation(email: string, tenantId: string, manager: EntityManager): Promise<UserRole | undefined> {
    const [invited] = await manager.query<{ role: UserRole }[]>(ACCEPT, [email, tenantId]);
    return invited?.role;
  }

  /** A new user; undefined when the address has been taken meanwhile. */
  async make(who: Vouched, user: NewUser, manager: EntityManager): Promise<ExternalUser | undefined> {
    const { email, displayName = null } = who;
    const { tenantId, role, wasInvited } = user;
    const parameters = [tenantId, email ?? stableAddress(who), displayName, role, email !== undefined, wasInvited];
    const [made] = await manager.query<ExternalUser[]>(MAKE, parameters);
    return made;
  }

  private ask<T>(sql: string, parameters: unknown[], manager?: EntityManager): Promise<T[]> {
    return manager ? manager.query<T[]>(sql, parameters) : this.database.query<T>(sql, parameters);
  }
}

/** For somebody without an address: nobody can ever get mail there (RFC 2606 section 2). */
const stableAddress = ({ issuer, subject }: Vouched): string =>
  `${digest(JSON.stringify([issuer, subject])).slice(0, 32)}@external.invalid`;

const USER = `u.id, u.tenant_id AS "tenantId", u.email, u.role, u.status = 'active' AND n.status = 'active' AS "isActive"`;

const FIND = `
  SELECT ${USER}, i.last_sign_in_at < now() - interval '1 minute' AS "isStale"
    FROM user_identities i
    JOIN users u ON u.id = i.user_id
    JOIN tenants n ON n.id = u.tenant_id
   WHERE i.issuer = $1 AND i.subject = $2`;

const FIND_BY_EMAIL = `
  SELECT ${USER},
         u.email_verified_at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM user_passwords p WHERE p.user_id = u.id) AS "isSafe",
         EXISTS (SELECT 1 FROM user_identities i WHERE i.user_id = u.id AND i.issuer = $2) AS "isElsewhere"
    FROM users u JOIN tenants n ON n.id = u.tenant_id
   WHERE u.email = $1`;

const LOCK = `SELECT pg_advisory_xact_lock(hashtextextended('identity:' || $1, 0))`;

const TENANT = `
  SELECT id, status = 'active' AS "isActive" FROM tenants
   WHERE id::text = $1 OR name = $1 ORDER BY id::text = $1 DESC LIMIT 1`;

const ADD = `INSERT INTO user_identities (tenant_id, user_id, issuer, subject, email) VALUES ($1, $2, $3, $4, $5)`;

const SEEN = `
  UPDATE user_identities SET last_sign_in_at = now(), email = coalesce($3, email) WHERE issuer = $1 AND subject = $2`;

const VERIFIED = `UPDATE users SET email_verified_at = coalesce(email_verified_at, now()) WHERE id = $1`;

const ACCEPT = `
  WITH accepted AS (
    UPDATE user_invitations SET accepted_at = now()
     WHERE email = $1 AND tenant_id = $2 AND accepted_at IS NULL AND expires_at > now() RETURNING role)
  SELECT role FROM accepted`;

const MAKE = `
  WITH made AS (
    INSERT INTO users (tenant_id, email, display_name, role, email_verified_at, registered_at)
    VALUES ($1, $2, $3, $4, CASE WHEN $5::boolean THEN now() END, CASE WHEN $6::boolean THEN now() END)
    ON CONFLICT (email) DO NOTHING RETURNING *)
  SELECT ${USER} FROM made u JOIN tenants n ON n.id = u.tenant_id`;
