import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../audit/audit.service.js';
import { Refused } from '../kernel/errors.js';
import { Database } from '../storage/database.js';
import type { UserRole } from '../storage/entities/user.js';
import { type Acting, by } from './people/acting.js';
import { mayDealWith, roleOf } from './people/rank.js';
import { readUser, type UserRecord } from './people/user-rows.js';
import { UserSessionsService } from './user-sessions.service.js';

/** What is to be another with a person. */
export interface UserChange {
  readonly displayName?: string;
  readonly role?: UserRole;
  readonly status?: 'active' | 'suspended';
}

/**
 * What people may do, and whether they may come in at all. Nobody decides about a role above their own, and a tenant
 * always has an owner who can come in. What a person has open ends at once, everywhere: the rows tell it by themselves.
 */
@Injectable()
export class UserStandingService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly sessions: UserSessionsService,
  ) {}

  /**
   * Changes a person's name, role or status. Suspending ends their sign-ins and tokens for good; what machines hold in
   * their name sleeps until they are active again. Throws Refused: 'not_found', 'role_too_high', 'conflict' for the last
   * owner.
   */
  change(id: string, change: UserChange, acting: Acting): Promise<UserRecord> {
    return this.dealWith(id, acting, async (user, own, manager) => {
      const { displayName = user.displayName, role = user.role, status = user.status } = change;
      mayDealWith(own, role);
      if (role !== 'owner' || status !== 'active') await keepAnOwner(user, manager);
      if (displayName !== user.displayName)
        await manager.query(`UPDATE users SET display_name = $2 WHERE id = $1`, [id, displayName]);
      if (role !== user.role) await manager.query(`UPDATE users SET role = $2 WHERE id = $1`, [id, role]);
      if (status !== user.status) await manager.query(`UPDATE users SET status = $2 WHERE id = $1`, [id, status]);

      // Rows first, then the audit, whose lock everybody else takes last as well: in another order two could wait for each other.
      const ends = status === 'suspended' && status !== user.status;
      if (ends) await endTokens(id, manager);
      if (ends) await this.endSignIns(user, acting, manager);
      if (role !== user.role)
        await this.record('user.role-changed', id, { from: user.role, to: role }, acting, manager);
      if (status !== user.status)
        await this.record(status === 'active' ? 'user.activated' : 'user.suspended', id, {}, acting, manager);
      return readUser(id, acting.tenantId, manager);
    });
  }

  /**
   * Takes a person out for good: what they hold ends, how they sign in and what is known of them is forgotten, and their
   * address is free again. The row stays, for the audit names it. Throws as `change` does.
   */
  remove(id: string, acting: Acting): Promise<void> {
    return this.dealWith(id, acting, async (user, _own, manager) => {
      await keepAnOwner(user, manager);
      for (const statement of FORGET) await manager.query(statement, [id]);
      await this.endSignIns(user, acting, manager);
      await this.record('user.removed', id, {}, acting, manager);
    });
  }

  /** Ends every sign-in of a person, and the tokens that hang on them. Returns how many there were. Throws as `change`. */
  endSessions(id: string, acting: Acting): Promise<number> {
    return this.dealWith(id, acting, (user, _own, manager) => this.endSignIns(user, acting, manager));
  }

  private dealWith<T>(
    id: string,
    acting: Acting,
    work: (user: UserRecord, own: UserRole, manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    return this.database.asTenant(acting.tenantId, async (manager) => {
      // One change of standing at a time: two owners who demote each other would leave none.
      await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('owners:' || $1, 0))`, [acting.tenantId]);
      const user = await readUser(id, acting.tenantId, manager);
      const own = await roleOf(acting, manager);
      mayDealWith(own, user.role);
      return work(user, own, manager);
    });
  }

  private endSignIns(user: UserRecord, acting: Acting, manager: EntityManager): Promise<number> {
    const { actor, requestId } = by(acting);
    return this.sessions.endAll(user, 'revoked', { actor, requestId, manager });
  }

  private record(
    action: string,
    userId: string,
    detail: Readonly<Record<string, unknown>>,
    acting: Acting,
    manager: EntityManager,
  ): Promise<void> {
    return this.audit.append({ ...by(acting), action, target: `user:${userId}`, detail }, manager);
  }
}

/** Throws Refused('conflict') when `user` is the last owner of the tenant who can come in. */
async function keepAnOwner({ id, tenantId, role, status }: UserRecord, manager: EntityManager): Promise<void> {
  if (role !== 'owner' || status !== 'active') return;
  const others = await manager.query<unknown[]>(
    `SELECT 1 FROM users WHERE tenant_id = $1 AND id <> $2 AND role = 'owner' AND status = 'active' LIMIT 1`,
    [tenantId, id],
  );
  if (others.length === 0)
    throw new Refused('conflict', { message: 'this is the last owner of the tenant: make somebody else owner first' });
}

/** What machines hold in the person's name is not theirs to lose: it sleeps. */
async function endTokens(userId: string, manager: EntityManager): Promise<void> {
  await manager.query(
    `UPDATE gateway_tokens SET revoked_at = now() WHERE user_id = $1 AND kind = 'user' AND revoked_at IS NULL`,
    [userId],
  );
}

/** Everything by which a person could come in again, or be known. */
const FORGET: readonly string[] = [
  `UPDATE gateway_tokens SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL`,
  `DELETE FROM user_passwords WHERE user_id = $1`,
  `DELETE FROM user_identities WHERE user_id = $1`,
  `DELETE FROM mail_codes WHERE user_id = $1`,
  `UPDATE users SET status = 'deleted', email = 'removed-' || id || '@removed.invalid', display_name = NULL,
          email_verified_at = NULL, locale = NULL, timezone = NULL, country = NULL WHERE id = $1`,
];
