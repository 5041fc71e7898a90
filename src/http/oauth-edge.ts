import { Injectable } from '@nestjs/common';
import { OAuthError } from '../accounts/oauth/oauth-error.js';
import { SecretCheck } from '../auth/secret-check.js';
import type { OAuthForm } from './oauth-form.js';
import { OwnAddress } from './own-address.js';

/** What the grants share of this edge. */
@Injectable()
export class OAuthEdge {
  constructor(
    readonly checks: SecretCheck,
    private readonly address: OwnAddress,
  ) {}

  /** Who we are, as the metadata says (RFC 8414): the public address, without a slash at its end. */
  get issuer(): string {
    return this.address.url().replace(/\/+$/, '');
  }

  /** Tokens are for this gateway alone (RFC 8693 section 2.2.2). */
  refuseOtherTarget(form: OAuthForm): void {
    for (const target of [...form.all('resource'), ...form.all('audience')]) {
      if (target !== 'doorward' && target.replace(/\/+$/, '') !== this.issuer)
        throw new OAuthError('invalid_target', `resource, audience: must be ${this.issuer} or left out`);
    }
  }
}
