import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../audit/audit.service.js';
import { Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import { Database } from '../storage/database.js';
import { User, type UserRole, type UserStatus } from '../storage/entities/user.js';
import { type Acting, by } from './people/acting.js';
import { mayDealWith, roleOf } from './people/rank.js';
import { readUser, USER_RECORDS, type UserRecord } from './people/user-rows.js';

export type { Acting } from './people/acting.js';
export type { UserRecord } from './people/user-rows.js';

/** Which people of a tenant are meant. Those who were removed only where their status is asked for. */
export interface UserFilter {
  readonly role?: UserRole;
  readonly status?: UserStatus;
  /** Part of the address or of the name, in whatever case. */
  readonly q?: string;
}

export interface NewUser {
  readonly email: string;
  readonly role: UserRole;
  readonly displayName?: string;
}

/** Also for an address that somebody has in another tenant: whether that is so is nobody's business here. */
const taken = (): Refused => new Refused('conflict', { message: 'this e-mail address cannot be used here' });

/** The people of a tenant: who they are. What changes their standing is `UserStandingService`. */
@Injectable()
export class UsersService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
  ) {}

  /** A page of a tenant's people, newest first; `after` is the id of the last one seen. */
  list(tenantId: string, { role, status, q }: UserFilter, limit: number, after?: string): Promise<UserRecord[]> {
    return this.database.asTenant(tenantId, (manager) =>
      manager.query<UserRecord[]>(
        `${USER_RECORDS} WHERE u.tenant_id = $1
           AND ($3::uuid IS NULL OR (u.created_at, u.id) < (SELECT created_at, id FROM users WHERE id = $3))
           AND ($4::text IS NULL OR u.role = $4)
           AND CASE WHEN $5::text IS NULL THEN u.status <> 'deleted' ELSE u.status = $5 END
           AND ($6::text IS NULL OR position(lower($6) IN u.email) > 0 OR position(lower($6) IN lower(u.display_name)) > 0)
         ORDER BY u.created_at DESC, u.id DESC LIMIT $2`,
        [tenantId, limit, after ?? null, role ?? null, status ?? null, q ?? null],
      ),
    );
  }

  /** One person of a tenant. Throws Refused('not_found'), also for one who was removed. */
  get(id: string, tenantId: string): Promise<UserRecord> {
    return this.database.asTenant(tenantId, (manager) => readUser(id, tenantId, manager));
  }

  /**
   * Writes a person down, who has no password yet: they sign in after a reset, or through a provider. Throws Refused:
   * 'role_too_high', 'conflict' for an address that is taken, here or elsewhere.
   */
  async create({ email, role, displayName }: NewUser, acting: Acting): Promise<UserRecord> {
    const { tenantId } = acting;
    const created = await this.database.asTenant(tenantId, async (manager) => {
      mayDealWith(await roleOf(acting, manager), role);
      const id = await insert(manager, [tenantId, email.toLowerCase(), role, displayName ?? null]);
      if (id === undefined) return undefined;
      await this.record('user.created', id, { role }, acting, manager);
      return readUser(id, tenantId, manager);
    });
    if (created) return created;
    // Who tries one address after the other is worth a line each.
    this.audit.note({ ...by(acting), action: 'user.refused', detail: { email: email.toLowerCase() } });
    throw taken();
  }

  /** The user with this e-mail address in the tenant, or Refused('not_found'). */
  async find(email: string, tenantId: string): Promise<User> {
    const user = await this.byEmail(email, tenantId);
    if (!user) throw new Refused('not_found', { message: `no user ${email} in this tenant; name a role to make one` });
    return user;
  }

  /** That user, made with `role` where there is none yet. An existing user keeps its role. */
  async findOrCreate(email: string, role: UserRole, tenantId: string): Promise<User> {
    // Nothing is written for a user who is there: a change of a user, even to the same, ends what they have open.
    await this.database.asTenant(tenantId, (manager) => insert(manager, [tenantId, email.toLowerCase(), role, null]));
    const user = await this.byEmail(email, tenantId);
    if (!user) throw taken();
    return user;
  }

  /**
   * The person of the caller's tenant for whom the caller makes a token: found, or made where a role is named. Throws
   * Refused: 'not_found', 'conflict', and 'role_too_high' for somebody above the caller, whose token would lend their role.
   */
  async holder(email: string, role: UserRole | undefined, caller: Identity): Promise<{ id: string }> {
    const acting = { caller, tenantId: caller.tenantId };
    const known = await this.byEmail(email, caller.tenantId);
    if (!known && role === undefined) return this.find(email, caller.tenantId);
    await this.database.asTenant(caller.tenantId, async (manager) =>
      mayDealWith(await roleOf(acting, manager), known?.role ?? role!),
    );
    return known ?? this.create({ email, role: role! }, acting);
  }

  private byEmail(email: string, tenantId: string): Promise<User | null> {
    return this.database.asTenant(tenantId, (manager) =>
      manager.getRepository(User).findOneBy({ email: email.toLowerCase(), tenantId }),
    );
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

/** Undefined when the address is taken, in whichever tenant. */
async function insert(manager: EntityManager, person: readonly unknown[]): Promise<string | undefined> {
  const [row] = await manager.query<{ id: string }[]>(
    `INSERT INTO users (tenant_id, email, role, display_name) VALUES ($1, $2, $3, $4)
     ON CONFLICT (email) DO NOTHING RETURNING id`,
    [...person],
  );
  return row?.id;
}
