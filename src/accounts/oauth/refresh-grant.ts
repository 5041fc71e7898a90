import { Injectable } from '@nestjs/common';
import type { Scope } from '../../kernel/scopes.js';
import type { GrantedTokens } from '../device-grant-polling.js';
import { type IssuedToken, TokenIssue } from '../token-issue.js';
import { UserSessionsService } from '../user-sessions.service.js';

/** How the next gateway token should be. */
export interface RefreshWish {
  readonly scopes?: readonly Scope[];
  readonly label?: string;
  /** As `Evidence.source`. */
  readonly address: string;
  readonly requestId?: string;
}

/** A refresh token for the next gateway token and the next refresh token (RFC 6749 section 6). */
@Injectable()
export class RefreshGrant {
  constructor(
    private readonly sessions: UserSessionsService,
    private readonly issue: TokenIssue,
  ) {}

  /** As UserSessionsService.refresh; what fails in between leaves the refresh token as it was. */
  async refresh(token: string, { scopes, label, address, requestId }: RefreshWish): Promise<GrantedTokens> {
    let issued: IssuedToken | undefined;
    const { tokens } = await this.sessions.refresh(
      token,
      { address, requestId },
      async ({ id, tenantId }, sessionId, manager) => {
        const wish = { scopes, label, requestId, way: 'refresh' };
        issued = await this.issue.exchange({ userId: id, tenantId, sessionId }, wish, manager);
      },
    );
    return { issued: issued!, refreshToken: tokens.refreshToken };
  }
}
