import type { TokenEndpointResponse } from 'openid-client';
import { claimsOf } from './jwt-claims.js';
import type { Account, OAuthProvider } from './oauth-provider.js';

/** What a provider gave, ready to be stored. */
export interface OAuthTokens {
  readonly access: string;
  readonly refresh?: string;
  /** Milliseconds since the epoch; absent: it was not said. */
  readonly expires?: number;
  readonly account?: Account;
}

export function oauthTokens(provider: OAuthProvider, answer: TokenEndpointResponse, now: number): OAuthTokens {
  const { access_token: access, refresh_token: refresh, expires_in: seconds } = answer;
  const account = provider.accountOf ? provider.accountOf(access) : accountIn(answer);
  return {
    access,
    ...(refresh !== undefined && refresh !== '' && { refresh }),
    ...(seconds !== undefined && { expires: now + seconds * 1000 }),
    ...(account && { account }),
  };
}

function accountIn(answer: TokenEndpointResponse): Account | undefined {
  const token = answer.id_token ?? answer['unchecked_id_token'];
  const { sub, email } = (typeof token === 'string' && claimsOf(token)) || {};
  if (typeof sub !== 'string' || sub === '') return undefined;
  return { accountId: sub, ...(typeof email === 'string' && { email }) };
}
