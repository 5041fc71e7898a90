import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { digest, looksLikeGatewayToken } from '../kernel/crypto.js';
import { Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import { Changes } from '../storage/changes.js';
import { Database } from '../storage/database.js';
import { RowCache } from '../storage/row-cache.js';
import {
  BY_DIGEST,
  type LiveToken,
  liveToken,
  type LiveTokenRow,
  recordOf,
  TOKEN_RECORDS,
  type TokenRecord,
  type TokenRecordRow,
} from './gateway-token-rows.js';
import { type IssuedToken, type NewToken, TokenIssue } from './token-issue.js';
import { TokenEnd } from './token-end.js';

export type { LiveToken, TokenRecord } from './gateway-token-rows.js';
export type { IssuedToken, NewToken } from './token-issue.js';

/** Whose tokens a list is of: all of a tenant, or one person's. */
export interface TokenHolder {
  readonly tenantId: string;
  readonly userId?: string;
}

/** Tokens of people and machines: issued, looked up on every request, listed, named, revoked. */
@Injectable()
export class GatewayTokensService {
  private readonly cache: RowCache<LiveToken>;

  constructor(
    private readonly database: Database,
    private readonly issue: TokenIssue,
    private readonly ends: TokenEnd,
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
    const { id, token } = await this.issue.create(wanted);
    const [record] = await this.database.asTenant(wanted.tenantId, (manager) =>
      manager.query<[TokenRecordRow]>(`${TOKEN_RECORDS} WHERE t.id = $1`, [id]),
    );
    return { token, record: recordOf(record) };
  }

  /** As TokenIssue.exchange: a token for whoever signed in, for an hour or until the sign-in ends. */
  exchange(...wanted: Parameters<TokenIssue['exchange']>): Promise<IssuedToken> {
    return this.issue.exchange(...wanted);
  }

  /** A page of tokens, newest first; `after` is the id of the last one seen. */
  async list({ tenantId, userId }: TokenHolder, limit: number, after?: string): Promise<TokenRecord[]> {
    const rows = await this.database.asTenant(tenantId, (manager) =>
      manager.query<TokenRecordRow[]>(
        `${TOKEN_RECORDS} WHERE t.tenant_id = $1 AND ($4::uuid IS NULL OR t.user_id = $4)
           AND ($3::uuid IS NULL OR (t.created_at, t.id) < (SELECT created_at, id FROM gateway_tokens WHERE id = $3))
         ORDER BY t.created_at DESC, t.id DESC LIMIT $2`,
        [tenantId, limit, after ?? null, userId ?? null],
      ),
    );
    return rows.map(recordOf);
  }

  /** Gives a token another label. Throws Refused('not_found') for one that is not the caller's tenant's. */
  async rename(id: string, label: string, { tenantId }: Identity): Promise<TokenRecord> {
    return this.database.asTenant(tenantId, async (manager) => {
      await manager.query(`UPDATE gateway_tokens SET label = $3 WHERE id = $1 AND tenant_id = $2`, [
        id,
        tenantId,
        label,
      ]);
      const [renamed] = await manager.query<TokenRecordRow[]>(`${TOKEN_RECORDS} WHERE t.id = $1 AND t.tenant_id = $2`, [
        id,
        tenantId,
      ]);
      if (!renamed) throw new Refused('not_found');
      return recordOf(renamed);
    });
  }

  /** As TokenEnd.revoke: ends a token everywhere, within a second. */
  revoke(...which: Parameters<TokenEnd['revoke']>): Promise<void> {
    return this.ends.revoke(...which);
  }

  /** Which of these tokens are no longer good: asked after change notices were missed. */
  async endedAmong(ids: readonly string[]): Promise<string[]> {
    const good = await this.database.query<{ id: string }>(
      `SELECT t.id FROM gateway_tokens t
         JOIN users u ON u.id = t.user_id AND u.status = 'active'
         JOIN tenants n ON n.id = t.tenant_id AND n.status = 'active'
         LEFT JOIN user_sessions s ON s.id = t.session_id
        WHERE t.id = ANY($1::uuid[]) AND t.revoked_at IS NULL AND s.revoked_at IS NULL
          AND least(t.expires_at, s.expires_at) > now()`,
      [ids],
    );
    const kept = new Set(good.map(({ id }) => id));
    return ids.filter((id) => !kept.has(id));
  }

  /** Whether a sign-in has ended, and the tokens that hang on it: asked after a notice about it. */
  async sessionHasEnded(sessionId: string): Promise<boolean> {
    const live = await this.database.query(
      `SELECT 1 FROM user_sessions WHERE id = $1 AND revoked_at IS NULL AND expires_at > now()`,
      [sessionId],
    );
    return live.length === 0;
  }

  private async fetch(tokenDigest: string): Promise<LiveToken | undefined> {
    const [row] = await this.database.query<LiveTokenRow>(BY_DIGEST, [tokenDigest]);
    return row && liveToken(row, this.clock.now());
  }
}
