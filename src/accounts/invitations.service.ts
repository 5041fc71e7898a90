import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../audit/audit.service.js';
import { digest, newOneTimeCode } from '../kernel/crypto.js';
import { Refused } from '../kernel/errors.js';
import { Database } from '../storage/database.js';
import type { UserRole } from '../storage/entities/user.js';
import { type Acting, by } from './people/acting.js';
import { mayDealWith, roleOf } from './people/rank.js';

export type { Acting } from './people/acting.js';

/** How long an invitation can be accepted, in days. */
const INVITATION_LIFE_DAYS = 7;

/** More than a tenant asks in at once. */
const MOST_OPEN = 1000;

/** An invitation in a list: never its code, of which only a digest exists. */
export interface InvitationRecord {
  readonly id: string;
  readonly tenantId: string;
  readonly email: string;
  readonly role: UserRole;
  /** Method and subject of who made it. */
  readonly invitedBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** What an accepted invitation gives. */
export interface Invited {
  readonly id: string;
  readonly tenantId: string;
  readonly role: UserRole;
}

const COLUMNS = `i.id, i.tenant_id AS "tenantId", i.email, i.role, i.invited_by AS "invitedBy",
  i.created_at AS "createdAt", i.expires_at AS "expiresAt"`;

/** Asks people into a tenant: each has a code, shown once, good for its address alone, once, for a week. */
@Injectable()
export class InvitationsService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
  ) {}

  /**
   * Asks somebody in; an open invitation of the same address is replaced, and its code ends. Whether the address has an
   * account elsewhere is not told. Throws Refused: 'role_too_high', 'conflict' for one who is here already.
   */
  async create(
    { email, role }: { readonly email: string; readonly role: UserRole },
    acting: Acting,
  ): Promise<InvitationRecord & { readonly code: string }> {
    const { tenantId } = acting;
    const address = email.toLowerCase();
    const code = newOneTimeCode();
    return this.database.asTenant(tenantId, async (manager) => {
      mayDealWith(await roleOf(acting, manager), role);
      const here = await manager.query<unknown[]>(`SELECT 1 FROM users WHERE email = $1`, [address]);
      if (here.length > 0) throw new Refused('conflict', { message: 'somebody here has this e-mail address' });
      await makeRoom(manager);

      const [made] = await manager.query<[InvitationRecord]>(MAKE, [
        tenantId,
        address,
        role,
        digest(code),
        by(acting).actor,
        INVITATION_LIFE_DAYS,
      ]);
      const detail = { email: address, role, expiresAt: made.expiresAt.toISOString() };
      await this.record('invitation.created', made.id, detail, acting, manager);
      return { ...made, code };
    });
  }

  /** A page of the open invitations of a tenant, newest first; `after` is the id of the last one seen. */
  list(tenantId: string, limit: number, after?: string): Promise<InvitationRecord[]> {
    return this.database.asTenant(tenantId, (manager) =>
      manager.query<InvitationRecord[]>(
        `SELECT ${COLUMNS} FROM user_invitations i
          WHERE i.tenant_id = $1 AND i.accepted_at IS NULL AND i.expires_at > now()
            AND ($3::uuid IS NULL OR (i.created_at, i.id) < (SELECT created_at, id FROM user_invitations WHERE id = $3))
          ORDER BY i.created_at DESC, i.id DESC LIMIT $2`,
        [tenantId, limit, after ?? null],
      ),
    );
  }

  /** Takes an invitation back; its code ends. Throws Refused('not_found') for one that is not open. */
  async revoke(id: string, acting: Acting): Promise<void> {
    await this.database.asTenant(acting.tenantId, async (manager) => {
      const [gone] = await manager.query<{ email: string; role: UserRole }[]>(
        `WITH gone AS (
           DELETE FROM user_invitations WHERE id = $1 AND tenant_id = $2 AND accepted_at IS NULL AND expires_at > now()
           RETURNING email, role)
         SELECT email, role FROM gone`,
        [id, acting.tenantId],
      );
      if (!gone) throw new Refused('not_found', { message: 'no such invitation' });
      mayDealWith(await roleOf(acting, manager), gone.role);
      await this.record('invitation.revoked', id, { ...gone }, acting, manager);
    });
  }

  /**
   * Accepts an invitation within the transaction that signs somebody up, which is one of the house: whose tenant it is
   * shows only here. One statement finds and spends it, so that of any number at once one succeeds. Undefined for a
   * code that is not good for this address: wrong, over, used, or of a tenant that is suspended.
   */
  async accept(code: string, email: string, manager: EntityManager): Promise<Invited | undefined> {
    const [invited] = await manager.query<Invited[]>(ACCEPT, [digest(code), email.toLowerCase()]);
    return invited;
  }

  private record(
    action: string,
    id: string,
    detail: Readonly<Record<string, unknown>>,
    acting: Acting,
    manager: EntityManager,
  ): Promise<void> {
    return this.audit.append({ ...by(acting), action, target: `invitation:${id}`, detail }, manager);
  }
}

/** What is over long since is forgotten: the audit remembers it. Throws Refused('conflict') where too many are open. */
async function makeRoom(manager: EntityManager): Promise<void> {
  await manager.query(`DELETE FROM user_invitations WHERE expires_at < now() - interval '30 days'`);
  const [{ open }] = await manager.query<[{ open: number }]>(
    `SELECT count(*)::int AS open FROM user_invitations WHERE accepted_at IS NULL AND expires_at > now()`,
  );
  if (open >= MOST_OPEN) throw new Refused('conflict', { message: `${MOST_OPEN} invitations are open: revoke some` });
}

const MAKE = `
  WITH made AS (
    INSERT INTO user_invitations AS i (tenant_id, email, role, code_digest, invited_by, expires_at)
    VALUES ($1, $2, $3, $4, $5, date_trunc('milliseconds', now()) + make_interval(days => $6))
    ON CONFLICT (tenant_id, email) WHERE accepted_at IS NULL DO UPDATE SET
      role = excluded.role, code_digest = excluded.code_digest, invited_by = excluded.invited_by,
      created_at = now(), expires_at = excluded.expires_at
    RETURNING i.*)
  SELECT ${COLUMNS} FROM made i`;

const ACCEPT = `
  WITH accepted AS (
    UPDATE user_invitations i SET accepted_at = now() FROM tenants n
     WHERE i.code_digest = $1 AND i.email = $2 AND i.accepted_at IS NULL AND i.expires_at > now()
       AND n.id = i.tenant_id AND n.status = 'active'
     RETURNING i.id, i.tenant_id AS "tenantId", i.role)
  SELECT * FROM accepted`;
