import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { digest, looksLikeGatewayToken, newGatewayToken } from '../kernel/crypto.js';
import { Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import { type Scope, narrow } from '../kernel/scopes.js';
import { Changes } from '../storage/changes.js';
import { Database } from '../storage/database.js';
import type { UserRole, UserStatus } from '../storage/entities/user.js';
import type { TenantStatus } from '../storage/entities/tenant.js';
import { type CachedRow, RowCache } from '../storage/row-cache.js';
import { ROLE_SCOPES } from './roles.js';

/** A token as the chain needs it: whose it is, and whether it is still good. */
export interface LiveToken extends CachedRow {
  readonly id: string;
  readonly userId: string;
  readonly email: string;
  readonly tenantId: string;
  readonly scopes: readonly Scope[];
  /** In milliseconds of our clock, from what was left by the clock of the database (S086). */
  readonly endsAt: number;
  /** Why it is no longer good, whatever the time. */
  readonly ended?: 'token_revoked' | 'user_suspended';
}

/** One token in a list: never its value, of which only a digest exists. */
export interface TokenRecord {
  readonly id: string;
  readonly label: string | null;
  readonly user: string;
  readonly tenantId: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
}

export interface NewToken {
  readonly userId: string;
  readonly tenantId: string;
  readonly label?: string;
  /** Seconds. */
  readonly expiresIn: number;
  /** Narrows what the user's role gives. */
  readonly scopes?: readonly Scope[];
}

interface Row {
  id: string;
  user_id: string;
  tenant_id: string;
  session_id: string | null;
  email: string;
  role: UserRole;
  scopes: Scope[] | null;
  ms_left: string | number;
  revoked: boolean;
  user_status: UserStatus;
  tenant_status: TenantStatus;
}

const BY_DIGEST = `
  SELECT t.id, t.user_id, t.tenant_id, t.session_id, t.scopes, u.email, u.role,
         floor(extract(epoch FROM least(t.expires_at, s.expires_at) - now()) * 1000) AS ms_left,
         (t.revoked_at IS NOT NULL OR s.revoked_at IS NOT NULL) AS revoked,
         u.status AS user_status, n.status AS tenant_status
    FROM gateway_tokens t
    JOIN users u ON u.id = t.user_id
    JOIN tenants n ON n.id = t.tenant_id
    LEFT JOIN user_sessions s ON s.id = t.session_id
   WHERE t.token_digest = $1`;

const VIEW = `
  SELECT t.id, t.label, u.email AS "user", t.tenant_id AS "tenantId", t.scopes, u.role, t.created_at AS "createdAt",
         t.expires_at AS "expiresAt", t.revoked_at AS "revokedAt", t.last_used_at AS "lastUsedAt"
    FROM gateway_tokens t JOIN users u ON u.id = t.user_id`;

/** Tokens of people: issued, looked up on every request, listed, revoked. */
@Injectable()
export class GatewayTokensService {
  private readonly cache: RowCache<LiveToken>;

  constructor(
    private readonly database: Database,
    changes: Changes,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.cache = new RowCache(changes, 'gateway-token', (key) => this.fetch(key));
  }

  /** Whether there is a database to keep tokens in; without one this way in does not exist. */
  get exist(): boolean {
    return this.database.mode !== 'none';
  }

  /**
   * The token behind a presented value, good or ended; undefined for one that was never ours. Answers at once when it
   * is known, and rejects with Unavailable when the database cannot be asked.
   */
  find(presented: string): LiveToken | undefined | Promise<LiveToken | undefined> {
    return looksLikeGatewayToken(presented) ? this.cache.get(digest(presented)) : undefined;
  }

  /** Issues a token. The value is returned here once, and is nowhere afterwards. */
  async create(wanted: NewToken): Promise<{ token: string; record: TokenRecord }> {
    const token = newGatewayToken();
    const [row] = await this.database.query<{ id: string }>(
      `INSERT INTO gateway_tokens (token_digest, label, user_id, tenant_id, scopes, expires_at)
       VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6)) RETURNING id`,
      [digest(token), wanted.label ?? null, wanted.userId, wanted.tenantId, wanted.scopes ?? null, wanted.expiresIn],
    );
    const [record] = await this.database.query<TokenRecord & { role: UserRole }>(`${VIEW} WHERE t.id = $1`, [row!.id]);
    return { token, record: shown(record!) };
  }

  /** A page of a tenant's tokens, newest first; `after` is the id of the last one seen. */
  async list(tenantId: string, limit: number, after?: string): Promise<TokenRecord[]> {
    const rows = await this.database.query<TokenRecord & { role: UserRole }>(
      `${VIEW} WHERE t.tenant_id = $1
         AND ($3::uuid IS NULL OR (t.created_at, t.id) < (SELECT created_at, id FROM gateway_tokens WHERE id = $3))
       ORDER BY t.created_at DESC, t.id DESC LIMIT $2`,
      [tenantId, limit, after ?? null],
    );
    return rows.map(shown);
  }

  /** Ends a token everywhere, within a second. Revoking twice is fine; an unknown id is Refused('not_found'). */
  async revoke(id: string, caller: Identity): Promise<void> {
    // The row itself tells every gateway (a trigger of the table), so nobody can forget to.
    const revoked = await this.database.query(
      `UPDATE gateway_tokens SET revoked_at = coalesce(revoked_at, now())
        WHERE id = $1 AND tenant_id = $2 RETURNING id`,
      [id, caller.tenantId],
    );
    if (revoked.length === 0) throw new Refused('not_found');
  }

  /** Which of these tokens are no longer good: asked after change notices were missed. */
  async endedAmong(ids: readonly string[]): Promise<string[]> {
    const good = await this.database.query<{ id: string }>(
      `SELECT t.id FROM gateway_tokens t
         JOIN users u ON u.id = t.user_id AND u.status = 'active'
         JOIN tenants n ON n.id = t.tenant_id AND n.status = 'active'
         LEFT JOIN user_sessions s ON s.id = t.session_id
        WHERE t.id = ANY($1::uuid[]) AND t.revoked_at IS NULL AND s.revoked_at IS NULL`,
      [ids],
    );
    const kept = new Set(good.map(({ id }) => id));
    return ids.filter((id) => !kept.has(id));
  }

  private async fetch(tokenDigest: string): Promise<LiveToken | undefined> {
    const [row] = await this.database.query<Row>(BY_DIGEST, [tokenDigest]);
    return row && this.live(row);
  }

  private live(row: Row): LiveToken {
    const suspended = row.user_status !== 'active' || row.tenant_status !== 'active';
    const ended = row.revoked ? 'token_revoked' : suspended ? 'user_suspended' : undefined;
    const session = row.session_id === null ? [] : [{ kind: 'session', id: row.session_id } as const];
    return {
      id: row.id,
      userId: row.user_id,
      email: row.email,
      tenantId: row.tenant_id,
      scopes: granted(row.role, row.scopes),
      endsAt: this.clock.now() + Number(row.ms_left),
      ended,
      concerns: [
        { kind: 'gateway-token', id: row.id },
        { kind: 'user', id: row.user_id },
        { kind: 'tenant', id: row.tenant_id },
        ...session,
      ],
    };
  }
}

function granted(role: UserRole, narrowed: readonly Scope[] | null): readonly Scope[] {
  return narrowed === null ? ROLE_SCOPES[role] : narrow(ROLE_SCOPES[role], narrowed);
}

function shown({ role, ...record }: TokenRecord & { role: UserRole }): TokenRecord {
  return { ...record, scopes: granted(role, record.scopes as Scope[] | null) };
}
