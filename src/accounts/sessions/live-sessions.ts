import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import type { ErrorCode } from '../../kernel/errors.js';
import { Changes } from '../../storage/changes.js';
import { Database } from '../../storage/database.js';
import type { TenantStatus } from '../../storage/entities/tenant.js';
import type { UserRole, UserStatus } from '../../storage/entities/user.js';
import { type CachedRow, RowCache } from '../../storage/row-cache.js';

/** A sign-in as it is checked with every access token. */
export interface LiveSession extends CachedRow {
  readonly id: string;
  readonly userId: string;
  readonly tenantId: string;
  readonly email: string;
  readonly role: UserRole;
  /** In milliseconds of our clock, from what was left by the clock of the database (S086). */
  readonly endsAt: number;
  /** How far the clock of the database is ahead of ours, in milliseconds. */
  readonly aheadMs: number;
  /** Why it is no longer good, whatever the time. */
  readonly ended?: Extract<ErrorCode, 'token_revoked' | 'user_suspended'>;
}

interface Row {
  id: string;
  user_id: string;
  tenant_id: string;
  email: string;
  role: UserRole;
  ms_left: number;
  now_ms: number;
  revoked: boolean;
  user_status: UserStatus;
  tenant_status: TenantStatus;
}

const BY_ID = `
  SELECT s.id, s.user_id, s.tenant_id, u.email, u.role,
         floor(extract(epoch FROM s.expires_at - now()) * 1000)::float8 AS ms_left,
         floor(extract(epoch FROM now()) * 1000)::float8 AS now_ms,
         s.revoked_at IS NOT NULL AS revoked, u.status AS user_status, n.status AS tenant_status
    FROM user_sessions s
    JOIN users u ON u.id = s.user_id
    JOIN tenants n ON n.id = s.tenant_id
   WHERE s.id = $1`;

/** Sign-ins by id, in memory until a change notice names them or what they hang on. */
@Injectable()
export class LiveSessions {
  private readonly cache: RowCache<LiveSession>;

  constructor(
    private readonly database: Database,
    changes: Changes,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.cache = new RowCache(changes, 'session', (id) => this.fetch(id));
  }

  /** The sign-in, good or ended; undefined for one that is not there. Rejects with Unavailable. */
  find(id: string): LiveSession | undefined | Promise<LiveSession | undefined> {
    return this.cache.get(id);
  }

  private async fetch(id: string): Promise<LiveSession | undefined> {
    const [row] = await this.database.query<Row>(BY_ID, [id]);
    if (!row) return undefined;
    const now = this.clock.now();
    const suspended = row.user_status !== 'active' || row.tenant_status !== 'active';
    // A suspension ends sign-ins too; what the holder should hear of is the suspension.
    const ended = suspended ? 'user_suspended' : row.revoked ? 'token_revoked' : undefined;
    return {
      id: row.id,
      userId: row.user_id,
      tenantId: row.tenant_id,
      email: row.email,
      role: row.role,
      endsAt: now + row.ms_left,
      aheadMs: row.now_ms - now,
      ...(ended && { ended }),
      concerns: [
        { kind: 'session', id: row.id },
        { kind: 'user', id: row.user_id },
        { kind: 'tenant', id: row.tenant_id },
      ],
    };
  }
}
