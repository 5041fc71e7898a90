import { Injectable } from '@nestjs/common';
import { AccessTokens } from './access-tokens.service.js';
import { ExternalIssuers } from './external-issuers.service.js';
import type { Subject } from './token-issue.js';

/** Whoever an access token stands for: one of ours, or a JWT of an issuer whom the configuration trusts. */
@Injectable()
export class SubjectTokens {
  constructor(
    private readonly external: ExternalIssuers,
    private readonly access: AccessTokens,
  ) {}

  /**
   * Rejects with Refused: 'token_mismatch' for what nobody of them signed, 'token_expired', 'token_revoked' when the
   * sign-in has ended, 'user_suspended', and what `ExternalIssuers` has to say; with Unavailable when nobody can tell.
   */
  async verify(jwt: string): Promise<Subject> {
    const user = await this.external.verify(jwt);
    return user ? { userId: user.id, tenantId: user.tenantId } : this.access.verify(jwt);
  }
}
