import type { OAuthProviders } from '../oauth/oauth-provider.js';
import { LOGIN_METHODS } from './index.js';
import type { LoginMethod } from './login-method.js';
import { wrongInput } from './wrong-input.js';

/** The ways to log in at a provider, the best first. Never empty: everybody takes keys. */
export function loginMethods(provider: string, providers: OAuthProviders): LoginMethod[] {
  return LOGIN_METHODS.filter((method) => method.offers(provider, providers));
}

/** The way of this name or alias, or the first. Throws Refused for one that the provider does not have, naming those it has. */
export function chooseMethod(provider: string, providers: OAuthProviders, name?: string): LoginMethod {
  const offered = loginMethods(provider, providers);
  const wanted = name?.trim().toLowerCase();
  const method =
    wanted === undefined ? offered[0] : offered.find(({ id, aliases }) => id === wanted || aliases.includes(wanted));
  if (method) return method;
  throw wrongInput(
    'method',
    `${provider} has no such way to log in; it has: ${offered.map(({ id }) => id).join(', ')}`,
  );
}
