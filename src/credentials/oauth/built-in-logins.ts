import { codexAccount } from './codex-account.js';
import type { OAuthProvider } from './oauth-provider.js';

/** Providers at which one can sign in without configuring anything (reference F.8). */
export const BUILT_IN_LOGINS: Readonly<Record<string, OAuthProvider>> = {
  'openai-codex': {
    id: 'openai-codex',
    authorizationEndpoint: 'https://auth.openai.com/oauth/authorize',
    tokenEndpoint: 'https://auth.openai.com/oauth/token',
    // The public client of the Codex command line.
    clientId: 'app_EMoamEEZ73f0CkXaXp7hrann',
    clientAuthentication: 'none',
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    // The provider compares the text: `127.0.0.1` is another address to it (reference I.16).
    redirectUri: 'http://localhost:1455/auth/callback',
    parameters: { id_token_add_organizations: 'true', codex_cli_simplified_flow: 'true', originator: 'doorward' },
    accountOf: codexAccount,
  },
};
