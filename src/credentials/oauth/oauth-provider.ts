import type { ConfigSnapshot } from '../../config/settings.js';
import type { ClientAuthentication } from '../../kernel/client-authentication.js';
import { Refused } from '../../kernel/errors.js';
import { providerId } from '../profile.js';
import { BUILT_IN_LOGINS } from './built-in-logins.js';
import { type OAuthProviderSettings, OAuthSettings } from './oauth.settings.js';

/** Whose login it is. */
export interface Account {
  readonly accountId: string;
  readonly email?: string;
}

/** A model provider at which one signs in, with nothing left to look up in the configuration. */
export interface OAuthProvider {
  readonly id: string;
  readonly issuer?: string;
  readonly authorizationEndpoint?: string;
  readonly tokenEndpoint?: string;
  readonly deviceAuthorizationEndpoint?: string;
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly clientAuthentication: ClientAuthentication;
  readonly scopes: readonly string[];
  /** Registered at the provider to the letter. */
  readonly redirectUri: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** Where the provider tells the account in the access token: then a login without it is none. */
  readonly accountOf?: (accessToken: string) => Account | undefined;
}

const REDIRECT_URI = 'http://127.0.0.1:1455/auth/callback';

/** Every provider at which one can sign in, by id. */
export type OAuthProviders = ReadonlyMap<string, OAuthProvider>;

/** Those of the configuration: `config.once(oauthProviders)`. */
export function oauthProviders(config: ConfigSnapshot): OAuthProviders {
  return oauthProvidersOf(config.get(OAuthSettings).providers);
}

/** The built-in ones, with what `auth.providers` says of them, and those that it adds. */
export function oauthProvidersOf(settings: Readonly<Record<string, Partial<OAuthProviderSettings>>>): OAuthProviders {
  const ids = new Set([...Object.keys(BUILT_IN_LOGINS), ...Object.keys(settings)]);
  return new Map([...ids].map((id) => [id, providerOf(id, settings[id])] as const));
}

/** Throws Refused('not_found') for a provider at which nobody can sign in, saying how to name it. */
export function knownProvider(providers: OAuthProviders, name: string): OAuthProvider {
  const id = providerId(name);
  const provider = providers.get(id);
  if (provider) return provider;
  const message = `nobody knows where to sign in at ${id}; say so in auth.providers.${id} (issuer or endpoints, clientId)`;
  throw new Refused('not_found', { message });
}

function providerOf(id: string, settings: Partial<OAuthProviderSettings> = {}): OAuthProvider {
  const builtIn = BUILT_IN_LOGINS[id];
  const { issuer, authorizationEndpoint, tokenEndpoint, deviceAuthorizationEndpoint, clientSecret } = settings;
  const said = { issuer, authorizationEndpoint, tokenEndpoint, deviceAuthorizationEndpoint, clientSecret };
  return {
    ...builtIn,
    ...Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)),
    id,
    clientId: settings.clientId ?? builtIn?.clientId ?? '',
    clientAuthentication: settings.clientAuthentication ?? (clientSecret === undefined ? 'none' : 'basic'),
    scopes: settings.scopes ?? builtIn?.scopes ?? [],
    redirectUri: settings.redirectUri ?? builtIn?.redirectUri ?? REDIRECT_URI,
    parameters: { ...builtIn?.parameters, ...settings.parameters },
  };
}
