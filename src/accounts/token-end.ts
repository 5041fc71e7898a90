import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { digest, looksLikeGatewayToken } from '../kernel/crypto.js';
import { Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import { Database } from '../storage/database.js';
import type { Doer } from './token-issue.js';

interface Ended {
  readonly id: string;
  /** Whether it was this very call that ended it. */
  readonly now: boolean;
}

/** Ends gateway tokens. The row itself tells every gateway, by a trigger of the table: nobody can forget to. */
@Injectable()
export class TokenEnd {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
  ) {}

  /** Ends a token of the caller's tenant. Revoking twice is fine; any other id is Refused('not_found'). */
  revoke(id: string, caller: Identity, requestId?: string): Promise<void> {
    const by = { actor: `${caller.method}:${caller.subject}`, requestId };
    return this.must(caller.tenantId, 't.id = $1 AND $2::uuid IS NULL', [id, null], by);
  }

  /** Ends a token that is the person's own. Any other id is Refused('not_found'). */
  revokeOwn(id: string, { tenantId, userId }: { tenantId: string; userId: string }, requestId?: string): Promise<void> {
    return this.must(tenantId, 't.id = $1 AND t.user_id = $2', [id, userId], { actor: `user:${userId}`, requestId });
  }

  /**
   * Ends the token that was shown, if it is one of this tenant; of any, where that is undefined. Returns whether there
   * was one. Where nobody is named, its own person did it.
   */
  async revokeShown(token: string, tenantId: string | undefined, by: Partial<Doer>): Promise<boolean> {
    if (!looksLikeGatewayToken(token)) return false;
    const [found] = await this.database.query<{ tenantId: string; userId: string }>(
      `SELECT tenant_id AS "tenantId", user_id AS "userId" FROM gateway_tokens
        WHERE token_digest = $1 AND ($2::uuid IS NULL OR tenant_id = $2)`,
      [digest(token), tenantId ?? null],
    );
    if (!found) return false;
    const doer = { actor: `user:${found.userId}`, ...by };
    return this.end(found.tenantId, 't.token_digest = $1 AND $2::uuid IS NULL', [digest(token), null], doer);
  }

  private async must(tenantId: string, which: string, parameters: readonly unknown[], by: Doer): Promise<void> {
    if (!(await this.end(tenantId, which, parameters, by))) throw new Refused('not_found');
  }

  private end(
    tenantId: string,
    which: string,
    parameters: readonly unknown[],
    { actor, requestId }: Doer,
  ): Promise<boolean> {
    return this.database.asTenant(tenantId, async (manager) => {
      const [ended] = await manager.query<Ended[]>(
        `WITH found AS (
           SELECT t.id, t.revoked_at FROM gateway_tokens t WHERE ${which} AND t.tenant_id = $3 FOR UPDATE),
         ended AS (
           UPDATE gateway_tokens t SET revoked_at = now() FROM found
            WHERE t.id = found.id AND found.revoked_at IS NULL RETURNING t.id)
         SELECT found.id, EXISTS (SELECT FROM ended) AS now FROM found`,
        [...parameters, tenantId],
      );
      if (!ended) return false;
      const what = { action: 'gateway_token.revoked', target: `gateway-token:${ended.id}` };
      if (ended.now) await this.audit.append({ tenantId, actor, requestId, ...what }, manager);
      return true;
    });
  }
}
