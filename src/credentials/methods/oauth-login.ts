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
  const { access, refresh, expires = now + USUAL_LIFE_MS, account } = tokens;
  // Whose login it is must be known, or a refresh could not tell that it was given somebody else's (S178).
  if (provider.accountOf && !account) throw new OAuthRefused('account_missing');
  const { accountId, email } = account ?? {};
  return {
    id: request.profileId === undefined && email !== undefined ? profileId(provider.id, email) : chosenId(request),
    profile: {
      type: 'oauth',
      provider: provider.id,
      access,
      ...(refresh !== undefined && { refresh }),
      // Without a refresh token an end that was not said would only take a good token away.
      ...((refresh !== undefined || tokens.expires !== undefined) && { expires }),
      ...(accountId !== undefined && { accountId }),
      ...(email !== undefined && { email }),
      clientId: provider.clientId,
    },
  };
}
