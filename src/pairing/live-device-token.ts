import type { Role, Scope } from '../kernel/scopes.js';
import type { CachedRow } from '../storage/row-cache.js';

/** A device token as the chain needs it. */
export interface LiveDeviceToken extends CachedRow {
  readonly id: string;
  /** Tells this value of the token from the one before a rotation; taken from its digest. */
  readonly mark: string;
  readonly deviceId: string;
  readonly tenantId: string;
  readonly role: Role;
  readonly scopes: readonly Scope[];
  /** In milliseconds of our clock; Infinity for one without an end. */
  readonly endsAt: number;
  readonly revoked: boolean;
}

export interface TokenRow {
  readonly id: string;
  readonly device_id: string;
  readonly tenant_id: string;
  readonly role: Role;
  readonly scopes: Scope[];
  readonly ms_left: string | number | null;
  readonly revoked: boolean;
}

/** The token itself, or the one before it: good while the grace of a rotation lasts, then one of ours that was revoked. */
export const BY_DIGEST = `
  SELECT t.id, t.device_id, t.tenant_id, t.role, t.scopes,
         floor(extract(epoch FROM least(t.expires_at, CASE WHEN t.token_digest = $1 THEN NULL ELSE t.previous_ends_at END)
               - now()) * 1000) AS ms_left,
         (t.revoked_at IS NOT NULL OR d.revoked_at IS NOT NULL OR n.status <> 'active'
          OR (t.token_digest <> $1 AND t.previous_ends_at <= now())) AS revoked
    FROM device_tokens t
    JOIN devices d ON d.id = t.device_id
    JOIN tenants n ON n.id = t.tenant_id
   WHERE t.token_digest = $1 OR t.previous_token_digest = $1
   ORDER BY t.revoked_at NULLS FIRST LIMIT 1`;

/** Which value of a token somebody holds: enough to tell two apart, too little to be worth anything. */
export const markOf = (tokenDigest: string): string => tokenDigest.slice(0, 16);

/** What is left of its life was computed by the database: `now` only places it on our clock (S086). */
export function liveToken(row: TokenRow, tokenDigest: string, now: number): LiveDeviceToken {
  return {
    id: row.id,
    mark: markOf(tokenDigest),
    deviceId: row.device_id,
    tenantId: row.tenant_id,
    role: row.role,
    scopes: row.scopes,
    endsAt: row.ms_left === null ? Infinity : now + Number(row.ms_left),
    revoked: row.revoked,
    concerns: [
      { kind: 'device-token', id: row.id },
      { kind: 'device', id: row.device_id },
      { kind: 'tenant', id: row.tenant_id },
    ],
  };
}
