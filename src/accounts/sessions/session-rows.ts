/** A sign-in of a person who may come in, and when it began. */
export const START = `
  INSERT INTO user_sessions (tenant_id, user_id, method, address, user_agent, expires_at)
  SELECT u.tenant_id, u.id, $2, $3, $4, date_trunc('milliseconds', now()) + make_interval(days => $5)
    FROM users u JOIN tenants n ON n.id = u.tenant_id
   WHERE u.id = $1 AND u.status = 'active' AND n.status = 'active'
  RETURNING id, now() AS at`;

/** What has ended for good is forgotten at the next sign-in; what is too many ends. */
export const MAKE_ROOM = `
  WITH gone AS (DELETE FROM user_sessions WHERE user_id = $1 AND expires_at < now() - interval '7 days')
  UPDATE user_sessions SET revoked_at = now(), end_reason = 'too-many'
   WHERE id IN (SELECT id FROM user_sessions WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > now()
                 ORDER BY coalesce(refreshed_at, created_at) DESC, id OFFSET $2)`;

export const RENEWED = `
  WITH gone AS (DELETE FROM refresh_tokens WHERE session_id = $1 AND expires_at < now())
  UPDATE user_sessions SET refreshed_at = now() WHERE id = $1`;

export const END_ONE = `
  WITH ended AS (
    UPDATE user_sessions SET revoked_at = now(), end_reason = $3
     WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > now() RETURNING id)
  SELECT id FROM ended`;

export const END_ALL = `
  WITH ended AS (
    UPDATE user_sessions SET revoked_at = now(), end_reason = $3
     WHERE user_id = $1 AND ($2::uuid IS NULL OR id <> $2) AND revoked_at IS NULL AND expires_at > now() RETURNING id)
  SELECT id FROM ended`;

export const LIST = `
  SELECT id, method, address, user_agent AS "userAgent", created_at AS "createdAt", refreshed_at AS "refreshedAt",
         expires_at AS "expiresAt"
    FROM user_sessions WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > now()
   ORDER BY coalesce(refreshed_at, created_at) DESC, id`;
