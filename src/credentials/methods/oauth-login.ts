import { profileId } from '../profile.js';
import type { OAuthProvider } from '../oauth/oauth-provider.js';
import { OAuthRefused } from '../oauth/oauth-refused.js';
import type { OAuthTokens } from '../oauth/oauth-tokens.js';
import { chosenId } from './chosen-id.js';
import type { Login, LoginRequest } from './login-method.js';

/** An access token that nobody says the end of is looked at anew after an hour, as most of them end then. */
const USUAL_LIFE_MS = 3_600_000;

/** The profile of a finished sign-in. Throws OAuthRefused('account_missing') where the provider tells it and did not. */
export function oauthLogin(request: LoginRequest, provider: OAuthProvider, tokens: OAuthTokens, now: number): Login {
  const { access, refresh, expires, account } = tokens;
  // Whose login it is must be known, or a refresh could not tell that it was given somebody else's (S178).
  if (provider.accountOf && !account) throw new OAuthRefused('account_missing');
  const { accountId, email } = account ?? {};
  const id = request.profileId === undefined && email !== undefined ? profileId(provider.id, email) : chosenId(request);
  const common = { provider: provider.id, ...(email !== undefined && { email }) };
  // What cannot be refreshed is a token, with the end that it has.
  if (refresh === undefined) {
    return { id, profile: { type: 'token', ...common, token: access, ...(expires !== undefined && { expires }) } };
  }
  return {
    id,
    profile: {
      type: 'oauth',
      ...common,
      access,
      refresh,
      expires: expires ?? now + USUAL_LIFE_MS,
      ...(accountId !== undefined && { accountId }),
      clientId: provider.clientId,
    },
  };
}
