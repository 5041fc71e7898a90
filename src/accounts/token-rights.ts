import type { Scope } from '../kernel/scopes.js';
import type { Database } from '../storage/database.js';
import type { UserRole } from '../storage/entities/user.js';
import { grantedScopes } from './gateway-token-rows.js';

/**
 * What a gateway token gives at this moment, as the rows say and no memory: nothing once the token, its sign-in, its
 * person or its tenant has ended, less once the person may do less. Rejects with Unavailable.
 */
export async function tokenScopesNow(database: Database, tokenId: string): Promise<readonly Scope[]> {
  const [row] = await database.query<{ role: UserRole; scopes: Scope[] | null }>(
    `SELECT u.role, t.scopes FROM gateway_tokens t
       JOIN users u ON u.id = t.user_id AND u.status = 'active'
       JOIN tenants n ON n.id = t.tenant_id AND n.status = 'active'
       LEFT JOIN user_sessions s ON s.id = t.session_id
      WHERE t.id = $1 AND t.revoked_at IS NULL AND s.revoked_at IS NULL AND least(t.expires_at, s.expires_at) > now()`,
    [tokenId],
  );
  return row ? grantedScopes(row.role, row.scopes) : [];
}
