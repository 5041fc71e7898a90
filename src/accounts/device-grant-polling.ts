import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ConfigService } from '../config/config.service.js';
import { digest } from '../kernel/crypto.js';
import type { Scope } from '../kernel/scopes.js';
import { Database } from '../storage/database.js';
import type { DeviceCodeStatus } from '../storage/entities/oauth-device-code.js';
import type { UserRole } from '../storage/entities/user.js';
import { DeviceGrantSettings } from './device-grant.settings.js';
import { OAuthError } from './oauth/oauth-error.js';
import { type IssuedToken, TokenIssue } from './token-issue.js';
import { UserSessionsService } from './user-sessions.service.js';

/** What a grant came to. */
export interface GrantedTokens {
  readonly issued: IssuedToken;
  /** Where the client asked to stay signed in. */
  readonly refreshToken?: string;
}

/** Whoever polls. */
export interface Poll {
  readonly deviceCode: string;
  readonly clientId: string;
  /** As `Evidence.source`. */
  readonly address: string;
  readonly userAgent?: string;
  readonly requestId?: string;
}

interface PolledRow {
  readonly id: string;
  readonly clientId: string;
  readonly status: DeviceCodeStatus;
  readonly expired: boolean;
  readonly early: boolean;
}

interface RedeemedRow {
  readonly id: string;
  readonly tenantId: string;
  readonly email: string;
  readonly role: UserRole;
  readonly scopes: Scope[] | null;
  readonly staysSignedIn: boolean;
}

/** How a waiting client fetches what it was granted (RFC 8628 sections 3.4 and 3.5): once. */
@Injectable()
export class DeviceGrantPolling {
  constructor(
    private readonly database: Database,
    private readonly sessions: UserSessionsService,
    private readonly issue: TokenIssue,
    private readonly config: ConfigService,
  ) {}

  /**
   * The tokens of a client that was let in. Throws OAuthError: 'authorization_pending', 'slow_down', 'access_denied',
   * 'expired_token', 'invalid_grant' for a code that is none, another client's, or was used; Refused('user_suspended').
   */
  async poll(poll: Poll): Promise<GrantedTokens> {
    const [row] = await this.database.query<PolledRow>(NOTE_POLL, [digest(poll.deviceCode), poll.clientId]);
    if (!row) throw new OAuthError('invalid_grant', 'the device code is not known', { wasWrong: true });
    if (row.clientId !== poll.clientId) throw new OAuthError('invalid_grant', 'the code was issued to another client');
    if (row.status === 'redeemed') throw new OAuthError('invalid_grant', 'the device code was used already');
    if (row.status === 'denied') throw new OAuthError('access_denied', 'the person said no');
    if (row.expired) throw new OAuthError('expired_token', 'nobody said yes in time: ask for a new code');
    if (row.status === 'approved') return this.database.transaction((manager) => this.redeem(row.id, poll, manager));
    if (row.early) throw new OAuthError('slow_down', 'poll more slowly: wait five seconds longer from now on');
    throw new OAuthError('authorization_pending', 'nobody has said yes or no yet');
  }

  /** One of any number of polls at once gets the tokens; a failure undoes all of it, and the next poll may. */
  private async redeem(id: string, poll: Poll, manager: EntityManager): Promise<GrantedTokens> {
    const [granted] = await manager.query<RedeemedRow[]>(REDEEM, [id]);
    if (!granted) throw new OAuthError('invalid_grant', 'the device code was used already');
    const { address, userAgent, requestId, clientId } = poll;
    const { id: userId, tenantId, scopes, staysSignedIn } = granted;
    const { tokenLifeMs: lifeMs } = this.config.current.get(DeviceGrantSettings);

    // Also where nobody is to stay signed in: the person sees what was let in, and ends it with all other sign-ins.
    const signIn = { method: 'device', address, userAgent: userAgent ?? clientId, requestId };
    const { sessionId, tokens } = await this.sessions.start(granted, signIn, manager);
    if (!staysSignedIn) await manager.query(END_WITH_TOKEN, [sessionId, lifeMs / 1000]);
    const wish = { label: clientId, scopes: scopes ?? undefined, lifeMs, requestId, way: `device:${clientId}` };
    const issued = await this.issue.exchange({ userId, tenantId, sessionId }, wish, manager);
    return { issued, ...(staysSignedIn && { refreshToken: tokens.refreshToken }) };
  }
}

/** Who comes too early waits five seconds longer from then on (RFC 8628 section 3.5). */
const NOTE_POLL = `
  WITH polled AS (
    SELECT id, client_id, status, expires_at <= now() AS expired,
           coalesce(polled_at + make_interval(secs => interval_s) > now(), false) AS early
      FROM oauth_device_codes WHERE device_digest = $1 FOR UPDATE),
  noted AS (
    UPDATE oauth_device_codes d SET polled_at = now(), interval_s = least(d.interval_s + CASE WHEN early THEN 5 ELSE 0 END, 60)
      FROM polled p WHERE d.id = p.id AND p.client_id = $2 AND p.status = 'pending')
  SELECT id, client_id AS "clientId", status, expired, early FROM polled`;

const REDEEM = `
  WITH redeemed AS (
    UPDATE oauth_device_codes SET status = 'redeemed'
     WHERE id = $1 AND status = 'approved' AND expires_at > now()
    RETURNING user_id, scopes, stays_signed_in)
  SELECT u.id, u.tenant_id AS "tenantId", u.email, u.role, r.scopes, r.stays_signed_in AS "staysSignedIn"
    FROM redeemed r JOIN users u ON u.id = r.user_id`;

const END_WITH_TOKEN = `
  UPDATE user_sessions SET expires_at = least(expires_at, now() + make_interval(secs => $2::float8)) WHERE id = $1`;
