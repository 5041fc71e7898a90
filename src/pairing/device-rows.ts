/** What a `DeviceRecord` is made of, of `FROM_DEVICES`. */
export const DEVICE_COLUMNS = `d.id, d.tenant_id AS "tenantId", d.public_key AS "publicKey", d.display_name AS "displayName", d.platform,
  d.device_family AS "deviceFamily", d.client_id AS "clientId", d.client_mode AS "clientMode", d.roles,
  d.approved_scopes AS scopes, d.caps, d.commands, d.permissions, d.remote_address AS "remoteAddress", d.created_at AS "createdAt",
  d.approved_at AS "approvedAt", d.approved_by AS "approvedBy", d.last_seen_at AS "lastSeenAt",
  (d.revoked_at IS NOT NULL OR n.status <> 'active') AS revoked`;

export const FROM_DEVICES = `FROM devices d JOIN tenants n ON n.id = d.tenant_id`;

/** What was approved of a node stays while it is in service, and what is new is added, in order. */
const widened = (column: string): string =>
  `${column} = CASE WHEN d.revoked_at IS NULL
                THEN array(SELECT DISTINCT unnest(d.${column} || excluded.${column}) ORDER BY 1) ELSE excluded.${column} END`;

/** Puts a device into service; one that is there keeps what it had, one that was revoked begins anew. Not where it is another tenant's. */
export const ADMIT = `
  INSERT INTO devices AS d (id, tenant_id, public_key, display_name, platform, device_family, client_id, client_mode,
         roles, approved_scopes, remote_address, approved_at, approved_by, caps, commands, permissions)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, now(), $12, $13, $14, $15)
  ON CONFLICT (id) DO UPDATE SET
         public_key = excluded.public_key, platform = excluded.platform, device_family = excluded.device_family,
         display_name = coalesce(d.display_name, excluded.display_name), client_id = excluded.client_id,
         client_mode = excluded.client_mode, remote_address = excluded.remote_address,
         roles = CASE WHEN d.revoked_at IS NULL THEN array(SELECT DISTINCT unnest(d.roles || excluded.roles)) ELSE excluded.roles END,
         approved_scopes = CASE WHEN d.revoked_at IS NULL
           THEN array(SELECT DISTINCT unnest(d.approved_scopes || excluded.approved_scopes)) ELSE excluded.approved_scopes END,
         ${['caps', 'commands', 'permissions'].map(widened).join(',\n         ')},
         approved_at = excluded.approved_at, approved_by = excluded.approved_by, revoked_at = NULL
   WHERE d.tenant_id = excluded.tenant_id`;
