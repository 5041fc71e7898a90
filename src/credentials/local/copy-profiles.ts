import type { Profile, StoredProfiles } from '../profile.js';

export interface CopiedProfiles {
  readonly stored: StoredProfiles;
  readonly copied: readonly string[];
  /** Logins: two agents that refresh one login would end it for each other (reference F.9). */
  readonly left: readonly string[];
}

/**
 * What an agent has with another one's keys and tokens beside it. What it has already stays; logins are not copied, nor
 * are how profiles fared and who comes first, which are each agent's own.
 */
export function copyProfiles(stored: StoredProfiles, from: StoredProfiles): CopiedProfiles {
  const others = Object.entries(from.profiles).filter(([id]) => !Object.hasOwn(stored.profiles, id));
  const mayGo = others.filter(([, profile]) => isPortable(profile));
  return {
    stored: { ...stored, profiles: { ...stored.profiles, ...Object.fromEntries(mayGo) } },
    copied: mayGo.map(([id]) => id),
    left: others.filter(([, profile]) => !isPortable(profile)).map(([id]) => id),
  };
}

const isPortable = ({ type }: Profile): boolean => type === 'api_key' || type === 'token';
