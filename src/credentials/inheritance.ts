import { MAIN_AGENT } from './agent-id.js';
import type { StoredProfiles } from './profile.js';

/** What an agent may use: its own profiles, and the main agent's for whatever it has none of its own (reference F.1). */
export interface ProfileView {
  readonly stored: StoredProfiles;
  /** Whose a profile is: what happens to it is written there. */
  readonly ownerOf: (id: string) => string;
}

/**
 * Lays an agent's profiles over the main agent's. A profile with the same id hides main's, and an order hides main's
 * order for that provider; how an inherited profile has fared is main's to say, so that all its heirs let it rest.
 */
export function inherit(agent: string, own: StoredProfiles, main: StoredProfiles): ProfileView {
  if (agent === MAIN_AGENT || own === main) return { stored: own, ownerOf: () => agent };
  const isOwn = (id: string): boolean => Object.hasOwn(own.profiles, id);
  const inherited = Object.entries(main.usageStats ?? {}).filter(([id]) => !isOwn(id));
  return {
    stored: {
      ...own,
      profiles: { ...main.profiles, ...own.profiles },
      order: { ...main.order, ...own.order },
      usageStats: { ...own.usageStats, ...Object.fromEntries(inherited) },
    },
    ownerOf: (id) => (isOwn(id) ? agent : MAIN_AGENT),
  };
}
