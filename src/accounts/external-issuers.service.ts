import { Injectable } from '@nestjs/common';
import { Database } from '../storage/database.js';
import type { SessionOwner } from './account.js';
import type { ExternalIssuer } from './external/external.settings.js';
import { ExternalUsers } from './external/external-users.service.js';
import { TrustedJwts } from './external/trusted-jwts.js';
import { type EntryPolicy, vouchedBy } from './external/vouched.js';

/** People and machines who come with a JWT of an issuer elsewhere, as they may at the exchange (contract section 6). */
@Injectable()
export class ExternalIssuers {
  constructor(
    private readonly jwts: TrustedJwts,
    private readonly users: ExternalUsers,
    private readonly database: Database,
  ) {}

  /**
   * Our user behind a JWT; undefined for what is no JWT of an issuer in `accounts.issuers`. Rejects with Refused:
   * 'token_mismatch', 'token_expired', 'user_suspended', 'identity_not_allowed', 'identity_not_linked',
   * 'registration_closed'; with Unavailable when the issuer's keys or our rows are out of reach.
   */
  async verify(jwt: string, requestId?: string): Promise<SessionOwner | undefined> {
    const trusted = await this.jwts.verify(jwt);
    if (!trusted) return undefined;

    const { issuer, claims } = trusted;
    const who = vouchedBy(issuer.issuer, claims, issuer.emailClaim);
    const policy = policyOf(issuer);
    const arrival = { way: 'issuer', requestId };
    return (
      (await this.users.known(who, policy)) ??
      this.database.transaction((manager) => this.users.enter(who, policy, arrival, manager))
    );
  }
}

/** Machines have no address: a user can be made for them all the same. */
const policyOf = (issuer: ExternalIssuer): EntryPolicy => ({ ...issuer, nameless: true });
