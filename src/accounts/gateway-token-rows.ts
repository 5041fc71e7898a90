import type { Scope } from '../kernel/scopes.js';
import { narrow } from '../kernel/scopes.js';
import type { TokenKind } from '../storage/entities/gateway-token.js';
import type { TenantStatus } from '../storage/entities/tenant.js';
import type { UserRole, UserStatus } from '../storage/entities/user.js';
import type { CachedRow } from '../storage/row-cache.js';
import { ROLE_SCOPES } from './roles.js';

export { TOKEN_KINDS, type TokenKind } from '../storage/entities/gateway-token.js';

/** A token as the chain needs it: whose it is, and whether it is still good. */
export interface LiveToken extends CachedRow {
  readonly id: string;
  readonly kind: TokenKind;
  readonly label: string | null;
  /** The person whose token it is; of a service token, whoever made it. */
  readonly userId: string;
  readonly email: string;
  readonly tenantId: string;
  readonly sessionId: string | null;
  readonly scopes: readonly Scope[];
  /** When it was made, in milliseconds since the epoch. */
  readonly madeAt: number;
  /** In milliseconds of our clock, from what was left by the clock of the database (S086). */
  readonly endsAt: number;
  /** Why it is no longer good, whatever the time. */
  readonly ended?: 'token_revoked' | 'user_suspended';
}

/** One token in a list: never its value, of which only a digest exists. */
export interface TokenRecord {
  readonly id: string;
  readonly kind: TokenKind;
  readonly label: string | null;
  readonly user: string;
  readonly tenantId: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
}

/** What `BY_DIGEST` answers. */
export interface LiveTokenRow {
  readonly id: string;
  readonly kind: TokenKind;
  readonly label: string | null;
  readonly user_id: string;
  readonly tenant_id: string;
  readonly session_id: string | null;
  readonly email: string;
  readonly role: UserRole;
  readonly scopes: Scope[] | null;
  readonly made_ms: string | number;
  readonly ms_left: string | number;
  readonly revoked: boolean;
  readonly user_status: UserStatus;
  readonly tenant_status: TenantStatus;
}

export const BY_DIGEST = `
  SELECT t.id, t.kind, t.label, t.user_id, t.tenant_id, t.session_id, t.scopes, u.email, u.role,
         floor(extract(epoch FROM t.created_at) * 1000) AS made_ms,
         floor(extract(epoch FROM least(t.expires_at, s.expires_at) - now()) * 1000) AS ms_left,
         (t.revoked_at IS NOT NULL OR s.revoked_at IS NOT NULL) AS revoked,
         u.status AS user_status, n.status AS tenant_status
    FROM gateway_tokens t
    JOIN users u ON u.id = t.user_id
    JOIN tenants n ON n.id = t.tenant_id
    LEFT JOIN user_sessions s ON s.id = t.session_id
   WHERE t.token_digest = $1`;

/** Rows for `recordOf`; to be followed by a condition. */
export const TOKEN_RECORDS = `
  SELECT t.id, t.kind, t.label, u.email AS "user", t.tenant_id AS "tenantId", t.scopes, u.role,
         t.created_at AS "createdAt", least(t.expires_at, s.expires_at) AS "expiresAt",
         coalesce(t.revoked_at, s.revoked_at) AS "revokedAt", t.last_used_at AS "lastUsedAt"
    FROM gateway_tokens t JOIN users u ON u.id = t.user_id LEFT JOIN user_sessions s ON s.id = t.session_id`;

export type TokenRecordRow = Omit<TokenRecord, 'scopes'> & {
  readonly scopes: Scope[] | null;
  readonly role: UserRole;
};

/** The token of a row, at `now` of our clock. */
export function liveToken(row: LiveTokenRow, now: number): LiveToken {
  const suspended = row.user_status !== 'active' || row.tenant_status !== 'active';
  const session = row.session_id === null ? [] : [{ kind: 'session', id: row.session_id } as const];
  return {
    id: row.id,
    kind: row.kind,
    label: row.label,
    userId: row.user_id,
    email: row.email,
    tenantId: row.tenant_id,
    sessionId: row.session_id,
    scopes: grantedScopes(row.role, row.scopes),
    madeAt: Number(row.made_ms),
    endsAt: now + Number(row.ms_left),
    // A suspension ends sign-ins too; what the holder should hear of is the suspension.
    ended: suspended ? 'user_suspended' : row.revoked ? 'token_revoked' : undefined,
    concerns: [
      { kind: 'gateway-token', id: row.id },
      { kind: 'user', id: row.user_id },
      { kind: 'tenant', id: row.tenant_id },
      ...session,
    ],
  };
}

export function recordOf({ role, scopes, ...record }: TokenRecordRow): TokenRecord {
  return { ...record, scopes: grantedScopes(role, scopes) };
}

/**
 * What a token gives today: its own scopes, as far as the role of its person still covers them. Of a service token the
 * person is whoever made it: somebody who may do less can leave no token behind that may do more.
 */
export function grantedScopes(role: UserRole, own: readonly Scope[] | null): readonly Scope[] {
  return own === null ? ROLE_SCOPES[role] : narrow(ROLE_SCOPES[role], own);
}
