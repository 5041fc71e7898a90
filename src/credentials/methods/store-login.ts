import { forgiven } from '../cooldown.js';
import type { ProfileStore } from '../profile-store.js';
import { type Profile, type ProfileUsage, providerId, type StoredProfiles } from '../profile.js';
import type { Login } from './login-method.js';

/** What the configuration may say of a profile: never what it holds. Its place is `auth.profiles.<id>`. */
export interface ProfileNote {
  readonly provider: string;
  readonly mode: Profile['type'];
  readonly email?: string;
}

/**
 * Stores a new login in the place of whatever had its id, and lets the provider's profiles go that were locked out
 * (reference F.4). `now`: milliseconds since the epoch. Where the agent has an order for the provider, the login joins its end: it would never be tried else.
 */
export function storeLogin(
  store: ProfileStore,
  agent: string,
  { id, profile }: Login,
  now: number,
): Promise<StoredProfiles> {
  return store.update(agent, (stored) => {
    const provider = providerId(profile.provider);
    const isOf = (name: string): boolean => providerId(stored.profiles[name]?.provider ?? '') === provider;
    const others = Object.entries(stored.usageStats ?? {}).filter(([name]) => name !== id);
    const usage = others.map(([name, used]) => [name, isOf(name) ? forgiven(used) : used] as const);
    const own = { ...afresh(stored.usageStats?.[id] ?? {}), ...(profile.type === 'oauth' && { refreshedAt: now }) };
    return {
      ...stored,
      profiles: { ...stored.profiles, [id]: profile },
      usageStats: { ...Object.fromEntries(usage), [id]: own },
      ...(stored.order && { order: ordered(stored.order, provider, id) }),
    };
  });
}

/** What `auth.profiles.<id>` says of it. */
export function profileNote({ profile }: Login): ProfileNote {
  const { provider, type, email } = profile;
  return { provider, mode: type, ...(typeof email === 'string' && { email }) };
}

/** The refusals and the running refresh of the login of before are not this one's. */
function afresh(usage: ProfileUsage): ProfileUsage {
  const { refreshRefused: _refused, refreshing: _refreshing, refreshedAt: _at, ...rest } = forgiven(usage);
  return rest;
}

function ordered(order: NonNullable<StoredProfiles['order']>, provider: string, id: string): StoredProfiles['order'] {
  const joined = Object.entries(order).map(([name, ids]) => {
    const isMissing = providerId(name) === provider && !ids.includes(id);
    return [name, isMissing ? [...ids, id] : ids] as const;
  });
  return Object.fromEntries(joined);
}
