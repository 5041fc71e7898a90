import { Injectable } from '@nestjs/common';
import { Database } from '../../storage/database.js';
import { whyNot } from '../sessions/refresh-rows.js';
import { TokenEnd } from '../token-end.js';
import type { Doer } from '../token-issue.js';
import { UserSessionsService } from '../user-sessions.service.js';
import { OAuthError } from './oauth-error.js';

const REFRESH_TOKEN = 'dwr_';

/** Ends a token that is shown (RFC 7009): a gateway token, or a refresh token and with it its whole sign-in. */
@Injectable()
export class TokenRevocation {
  constructor(
    private readonly database: Database,
    private readonly ends: TokenEnd,
    private readonly sessions: UserSessionsService,
  ) {}

  /**
   * Ends it if it is of this tenant; of any tenant where that is undefined: then who shows it holds it, which is proof
   * enough for giving it up. Whether there was one: for the failure limit, never for the caller. Throws
   * OAuthError('unsupported_token_type') for a JWT, which ends with its sign-in or in a quarter of an hour.
   */
  async revoke(token: string, tenantId: string | undefined, by: Partial<Doer>): Promise<boolean> {
    if (token.includes('.'))
      throw new OAuthError('unsupported_token_type', 'an access token ends with its sign-in: POST /auth/logout');
    if (token.startsWith(REFRESH_TOKEN)) return this.endSession(token, tenantId, by);
    return this.ends.revokeShown(token, tenantId, by);
  }

  private async endSession(token: string, tenantId: string | undefined, by: Partial<Doer>): Promise<boolean> {
    return this.database.transaction(async (manager) => {
      const row = await whyNot(token, manager);
      if (!row || (tenantId !== undefined && row.tenantId !== tenantId)) return false;
      const user = { id: row.userId, tenantId: row.tenantId };
      await this.sessions.end(row.sessionId, user, 'logout', { ...by, manager });
      return true;
    });
  }
}
