import type { EntityManager } from 'typeorm';
import { digest, newRefreshToken } from '../../kernel/crypto.js';
import type { UserRole } from '../../storage/entities/user.js';

/** A refresh token that was spent, and whose it was. */
export interface Spent {
  readonly sessionId: string;
  readonly id: string;
  readonly tenantId: string;
  readonly email: string;
  readonly role: UserRole;
  /** By the clock of the database. */
  readonly at: Date;
}

/** Why a refresh token could not be spent. */
export interface Unspendable {
  readonly sessionId: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly used: boolean;
  /** Used within the last ten seconds. */
  readonly usedJustNow: boolean;
  readonly expired: boolean;
  readonly ended: boolean;
  readonly suspended: boolean;
}

/** Finds and spends in one statement: of any number that show a token at once, one succeeds. */
const SPEND = `
  WITH spent AS (
    UPDATE refresh_tokens t SET used_at = now()
      FROM user_sessions s
      JOIN users u ON u.id = s.user_id AND u.status = 'active'
      JOIN tenants n ON n.id = s.tenant_id AND n.status = 'active'
     WHERE t.token_digest = $1 AND t.used_at IS NULL AND t.expires_at > now()
       AND s.id = t.session_id AND s.revoked_at IS NULL AND s.expires_at > now()
     RETURNING s.id AS "sessionId", u.id, u.tenant_id AS "tenantId", u.email, u.role, now() AS at)
  SELECT * FROM spent`;

const WHY_NOT = `
  SELECT s.id AS "sessionId", s.tenant_id AS "tenantId", s.user_id AS "userId", t.used_at IS NOT NULL AS used,
         coalesce(t.used_at > now() - interval '10 seconds', false) AS "usedJustNow",
         t.expires_at <= now() OR s.expires_at <= now() AS expired, s.revoked_at IS NOT NULL AS ended,
         u.status <> 'active' OR n.status <> 'active' AS suspended
    FROM refresh_tokens t
    JOIN user_sessions s ON s.id = t.session_id
    JOIN users u ON u.id = s.user_id
    JOIN tenants n ON n.id = s.tenant_id
   WHERE t.token_digest = $1`;

const ADD = `
  INSERT INTO refresh_tokens (token_digest, tenant_id, session_id, expires_at)
  SELECT $1, s.tenant_id, s.id, least(s.expires_at, now() + make_interval(days => $3))
    FROM user_sessions s WHERE s.id = $2`;

/** Undefined when it cannot be spent: `whyNot` tells. */
export async function spend(token: string, manager: EntityManager): Promise<Spent | undefined> {
  const [spent] = await manager.query<Spent[]>(SPEND, [digest(token)]);
  return spent;
}

/** Undefined for a token that was never ours. */
export async function whyNot(token: string, manager: EntityManager): Promise<Unspendable | undefined> {
  const [row] = await manager.query<Unspendable[]>(WHY_NOT, [digest(token)]);
  return row;
}

/** The next token of a sign-in, good until it was not used for `idleDays`. */
export async function addRefreshToken(sessionId: string, idleDays: number, manager: EntityManager): Promise<string> {
  const token = newRefreshToken();
  await manager.query(ADD, [digest(token), sessionId, idleDays]);
  return token;
}
