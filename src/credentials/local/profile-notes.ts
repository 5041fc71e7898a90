import type { ConfigEdit } from '../../config/edit/tree-edit.js';
import { MAIN_AGENT } from '../agent-id.js';
import { profileNote } from '../methods/store-login.js';
import { NO_PROFILES, type Profile, providerId } from '../profile.js';
import type { LocalCredentials } from './open-local.js';

/**
 * What `auth.profiles` must say so that every stored profile of a provider is thought of: as soon as one of them is named
 * there, only those that are count (reference F.3). So all agents' are named, and none that is named already.
 */
export async function notesFor(provider: string, { agents, files, rules }: LocalCredentials): Promise<ConfigEdit[]> {
  const found = new Map<string, Profile>();
  for (const agent of new Set([MAIN_AGENT, ...agents.keys()])) {
    const { profiles } = (await files?.read(agent)) ?? NO_PROFILES;
    for (const [id, profile] of Object.entries(profiles)) {
      if (providerId(profile.provider) === provider) found.set(id, profile);
    }
  }
  return [...found].flatMap(([id, profile]): ConfigEdit[] => {
    const note = profileNote({ id, profile });
    const known = rules.profiles[id];
    const isKnown = known && known.mode === note.mode && providerId(known.provider) === provider;
    return isKnown ? [] : [{ keys: ['auth', 'profiles', id], value: note }];
  });
}
