import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../audit/audit.service.js';
import { ConfigService } from '../config/config.service.js';
import { digest } from '../kernel/crypto.js';
import { Refused } from '../kernel/errors.js';
import type { Scope } from '../kernel/scopes.js';
import { Database } from '../storage/database.js';
import type { Account } from './account.js';
import { DeviceGrantSettings } from './device-grant.settings.js';
import { canonicalUserCode, newUserCode } from './oauth/user-code.js';

/** Seconds between two polls of a client (RFC 8628 section 3.2), until it comes too early. */
const POLL_INTERVAL_S = 5;

/** Codes that wait at all addresses together. */
const MOST_PENDING = 4096;

/** What a client asks for. What it calls itself is its own word. */
export interface GrantWish {
  readonly clientId: string;
  /** Absent: all that the person's role gives. */
  readonly scopes?: readonly Scope[];
  /** Whether it wants a refresh token too. */
  readonly staysSignedIn: boolean;
  /** As `Evidence.source`. */
  readonly address: string;
  readonly userAgent?: string;
}

/** Both codes, in the one answer that shows them. */
export interface StartedGrant {
  readonly deviceCode: string;
  /** `WDJB-MJHT` */
  readonly userCode: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly interval: number;
}

/** A client that waits, as the person sees it who is to let it in. */
export interface WaitingGrant {
  readonly clientId: string;
  readonly scopes: readonly Scope[] | null;
  readonly staysSignedIn: boolean;
  readonly address: string;
  readonly userAgent: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** Clients that wait for a person to let them in: asked for, looked at, decided. What comes of it: DeviceTokensGrant. */
@Injectable()
export class DeviceGrantsService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly config: ConfigService,
  ) {}

  /** Begins to wait. Throws Refused('too_many_requests') where too many do already. */
  async begin(wish: GrantWish): Promise<StartedGrant> {
    const { codeLifeMs, pendingPerAddress } = this.config.current.get(DeviceGrantSettings);
    const { clientId, scopes = null, staysSignedIn, address, userAgent = null } = wish;
    const [deviceCode, userCode] = [randomBytes(32).toString('base64url'), newUserCode()];
    await this.database.transaction(async (manager) => {
      await refuseFlood(address, pendingPerAddress, manager);
      // Nobody asks for an old one any more; while a client may, it hears that its code has expired.
      await manager.query(`DELETE FROM oauth_device_codes WHERE expires_at < now() - interval '1 hour'`);
      await manager.query(
        `INSERT INTO oauth_device_codes (device_digest, user_code_digest, client_id, scopes, stays_signed_in, address,
                                         user_agent, interval_s, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(secs => $9::float8))`,
        [
          digest(deviceCode),
          digest(userCode),
          clientId,
          scopes,
          staysSignedIn,
          address,
          userAgent,
          POLL_INTERVAL_S,
          codeLifeMs / 1000,
        ],
      );
    });
    return { deviceCode, userCode, expiresIn: Math.floor(codeLifeMs / 1000), interval: POLL_INTERVAL_S };
  }

  /** The client that waits with this code. Throws Refused('not_found') for a code that is none, decided or expired. */
  async look(typed: string): Promise<WaitingGrant> {
    const [waiting] = await this.database.query<WaitingGrant>(
      `SELECT client_id AS "clientId", scopes, stays_signed_in AS "staysSignedIn", address, user_agent AS "userAgent",
              created_at AS "createdAt", expires_at AS "expiresAt"
         FROM oauth_device_codes WHERE user_code_digest = $1 AND status = 'pending' AND expires_at > now()`,
      [digestOf(typed)],
    );
    if (!waiting) throw unknownCode();
    return waiting;
  }

  /** Lets the client in as this person, or turns it away: once, by whoever is first. As `look` otherwise. */
  async decide(typed: string, decision: 'approve' | 'deny', account: Account, requestId?: string): Promise<void> {
    const { userId, tenantId } = account;
    const approved = decision === 'approve';
    await this.database.transaction(async (manager) => {
      const [decided] = await manager.query<{ id: string; clientId: string; scopes: Scope[] | null }[]>(
        `WITH decided AS (
           UPDATE oauth_device_codes SET status = $2, decided_at = now(), user_id = $3, tenant_id = $4
            WHERE user_code_digest = $1 AND status = 'pending' AND expires_at > now()
           RETURNING id, client_id, scopes)
         SELECT id, client_id AS "clientId", scopes FROM decided`,
        [digestOf(typed), approved ? 'approved' : 'denied', userId, tenantId],
      );
      if (!decided) throw unknownCode();
      const { id, clientId, scopes } = decided;
      const action = approved ? 'device_grant.approved' : 'device_grant.denied';
      const what = { action, target: `device-grant:${id}`, detail: { client: clientId, scopes } };
      await this.audit.append({ tenantId, actor: `user:${userId}`, requestId, ...what }, manager);
    });
  }
}

function digestOf(typed: string): string {
  const code = canonicalUserCode(typed);
  if (code === undefined) throw unknownCode();
  return digest(code);
}

/** One answer for all, so that a guess tells nothing of what was nearly right. */
const unknownCode = (): Refused =>
  new Refused('not_found', { message: 'no client waits with this code: it may be mistyped, used or expired' });

async function refuseFlood(address: string, most: number, manager: EntityManager): Promise<void> {
  // One at a time at each address, or many at once would all see room for one more.
  await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('device-grant:' || $1, 0))`, [address]);
  const [open] = await manager.query<[{ here: number; all: number }]>(
    `SELECT count(*) FILTER (WHERE address = $1)::int AS here, count(*)::int AS "all"
       FROM oauth_device_codes WHERE status = 'pending' AND expires_at > now()`,
    [address],
  );
  if (open.here < most && open.all < MOST_PENDING) return;
  throw new Refused('too_many_requests', { message: 'too many codes wait to be typed', retryAfterMs: 60_000 });
}
