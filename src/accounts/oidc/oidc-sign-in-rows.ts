import { Injectable } from '@nestjs/common';
import { digest } from '../../kernel/crypto.js';
import { Refused } from '../../kernel/errors.js';
import { Database } from '../../storage/database.js';

/** How long somebody may take at the provider. */
export const FLOW_LIFE_S = 600;
/** Sign-ins that one address, or /64, may have under way, and everybody together: beginning one costs a stranger nothing. */
const MOST_OF_ONE = 100;
const MOST = 50_000;

/** A user who links an identity to themselves. */
export interface Linker {
  readonly userId: string;
  readonly tenantId: string;
  readonly sessionId: string;
}

/** What is to be known when the browser comes back. */
export interface Underway {
  readonly provider: string;
  readonly redirectUri: string;
  /** A path of the console. */
  readonly returnTo: string | null;
  readonly link?: Linker;
}

interface Row extends Omit<Underway, 'link'> {
  readonly userId: string | null;
  readonly tenantId: string | null;
  readonly sessionId: string | null;
  readonly isSignedIn: boolean;
}

/** Sign-ins that are under way, on whichever replica they end. The database's clock counts. */
@Injectable()
export class OidcSignInRows {
  constructor(private readonly database: Database) {}

  /** Rejects with Refused('too_many_requests') when too many are under way. */
  async begin(state: string, browser: string, source: string, flow: Underway): Promise<void> {
    const { provider, redirectUri, returnTo, link } = flow;
    const begun = await this.database.query(BEGIN, [
      digest(state),
      digest(browser),
      provider,
      redirectUri,
      returnTo,
      source,
      link?.tenantId ?? null,
      link?.userId ?? null,
      link?.sessionId ?? null,
      FLOW_LIFE_S,
      MOST_OF_ONE,
      MOST,
    ]);
    if (begun.length > 0) return;
    throw new Refused('too_many_requests', {
      message: 'too many sign-ins are under way',
      retryAfterMs: FLOW_LIFE_S * 1000,
    });
  }

  /**
   * The sign-in of this state, begun in this browser; it is spent by that, whatever comes of it. Rejects with Refused:
   * 'sign_in_expired', also for what was spent or begun in another browser; 'token_revoked' where whoever wanted to link
   * an identity is no longer signed in.
   */
  async take(state: string, browser: string, provider: string): Promise<Underway> {
    const [row] = await this.database.query<Row>(TAKE, [digest(state), digest(browser), provider]);
    if (!row) throw new Refused('sign_in_expired');
    const { userId, tenantId, sessionId, isSignedIn, redirectUri, returnTo } = row;
    const flow = { provider, redirectUri, returnTo };
    if (userId === null || tenantId === null || sessionId === null) return flow;
    if (!isSignedIn) throw new Refused('token_revoked', { reason: 'its sign-in ended before the identity was linked' });
    return { ...flow, link: { userId, tenantId, sessionId } };
  }
}

const BEGIN = `
  WITH gone AS (DELETE FROM oidc_sign_ins WHERE expires_at <= now()),
       room AS (SELECT count(*) < $12 AND count(*) FILTER (WHERE source = $6) < $11 AS free
                  FROM oidc_sign_ins WHERE expires_at > now())
  INSERT INTO oidc_sign_ins (state_digest, browser_digest, provider, redirect_uri, return_to, source, tenant_id,
                             link_user_id, link_session_id, expires_at)
  SELECT $1, $2, $3, $4, $5, $6, $7::uuid, $8::uuid, $9::uuid, now() + make_interval(secs => $10) FROM room WHERE free
  RETURNING state_digest`;

const TAKE = `
  WITH taken AS (
    DELETE FROM oidc_sign_ins
     WHERE state_digest = $1 AND browser_digest = $2 AND provider = $3 AND expires_at > now() RETURNING *)
  SELECT t.provider, t.redirect_uri AS "redirectUri", t.return_to AS "returnTo", t.link_user_id AS "userId",
         t.tenant_id AS "tenantId", t.link_session_id AS "sessionId",
         s.revoked_at IS NULL AND s.expires_at > now() AS "isSignedIn"
    FROM taken t LEFT JOIN user_sessions s ON s.id = t.link_session_id`;
