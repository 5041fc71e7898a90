import type { OAuthProfile, Profile, TokenProfile } from '../profile.js';
import { isValidExpiry, providerId } from '../profile.js';
import type { CliProfile } from './cli-login.js';

/** A stored login that ends within this time is looked up anew. */
const NEAR_END_MS = 10 * 60_000;

/** Whether a program's login is worth looking at, given what is stored in its place. */
export function isDue(stored: Profile | undefined, provider: string, now: number): boolean {
  if (!stored || providerId(stored.provider) !== provider || stored.type === 'api_key') return true;
  if (stored.type === 'token' && provider === 'anthropic') return true; // Claude Code may have a login by now
  return isValidExpiry(stored.expires) && stored.expires - now <= NEAR_END_MS;
}

/**
 * Whether a program's login takes the place of what is stored: when nothing of the provider is, when a login comes for a
 * token, when it is newer. Never a token for a login, and nothing for the same (reference F.7). What we refreshed
 * ourselves is newer than the program's copy, and stays. `isRefused`: what is stored cannot go on, so any other is better.
 */
export function replaces(external: CliProfile, stored: Profile | undefined, isRefused: boolean): boolean {
  if (!stored || providerId(stored.provider) !== external.provider || stored.type === 'api_key') return true;
  if (isSame(external, stored)) return false;
  if (external.type !== stored.type) return external.type === 'oauth';
  if (isRefused && external['refresh'] !== stored['refresh']) return true;
  return endOf(external) > endOf(stored);
}

function isSame(one: CliProfile, other: OAuthProfile | TokenProfile): boolean {
  return (
    one.type === other.type &&
    one.expires === other.expires &&
    (one.type === 'oauth' ? one.access === other.access && one.refresh === other.refresh : one.token === other.token)
  );
}

function endOf({ expires }: Profile): number {
  return isValidExpiry(expires) ? expires : 0;
}
