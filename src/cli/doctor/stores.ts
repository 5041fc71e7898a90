import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ProfileStore } from '../../credentials/profile-store.js';
import { type Profile, profileId, providerId, type StoredProfiles } from '../../credentials/profile.js';
import { LEGACY_FILES } from '../../credentials/stores/legacy-profiles.js';
import type { Check, Finding, Patient } from './check.js';
import { tooOpenFinding } from './modes.js';

/** Whether each agent's profiles can be read, and by nobody else. */
export const stores: Check = ({ local: { files, agents }, statuses }) => {
  if (!files) {
    const evidence = 'the profiles are in the database: ask the gateway (doorward models status)';
    return [{ code: 'profile_store', state: 'unmeasured', evidence }];
  }
  return [...agents.keys()].flatMap((agent): Finding[] => {
    const path = files.describe(agent);
    const status = statuses.get(agent);
    if (status instanceof Error) {
      const fix = 'mend the file, or move it away and sign in again';
      return [{ code: 'profile_store_broken', state: 'fail', evidence: status.message, fix }];
    }
    const open = tooOpenFinding('profile_store_open', path, 'fail');
    if (open) return [open];
    return [{ code: 'profile_store', state: 'ok', evidence: existsSync(path) ? path : `${path} is not there yet` }];
  });
};

/** What older versions have left, and ids that no way to name a profile leads to. */
export const legacyProfiles: Check = async (patient) => {
  const { files, settings, agents } = patient.local;
  if (!files) return [];
  const old = Object.values(LEGACY_FILES).map((file) => join(settings.stateDir, file));
  const left = old
    .filter((path) => existsSync(path))
    .map((path): Finding => ({
      code: 'legacy_store',
      state: 'warn',
      evidence: `${path} is of an older version: it is read as long as the main agent has no profiles of its own, and never written`,
      fix: 'sign in once (doorward models auth login), then move the file away',
    }));
  const ids = await Promise.all([...agents.keys()].map((agent) => legacyIds(agent, files, patient)));
  const found = [...left, ...ids.flat()];
  return found.length > 0
    ? found
    : [{ code: 'legacy_profiles', state: 'ok', evidence: 'nothing of older versions is left' }];
};

async function legacyIds(agent: string, store: ProfileStore, { statuses }: Patient): Promise<Finding[]> {
  if (statuses.get(agent) instanceof Error) return [];
  const { profiles } = await store.read(agent);
  return Object.entries(profiles).flatMap(([id, profile]) => {
    const right = rightId(id, profile);
    if (right === id) return [];
    const isTaken = Object.hasOwn(profiles, right);
    const rename: Finding = {
      code: 'legacy_profile_id',
      state: 'warn',
      evidence: `the profile "${id}" of agent "${agent}" is not called <provider>:<name>`,
      fix: isTaken ? `remove one of "${id}" and "${right}"` : `rename it to "${right}": doorward doctor --fix`,
    };
    if (isTaken) return [rename];
    const change = `profile of agent "${agent}": ${id} → ${right}`;
    return [
      {
        ...rename,
        repair: { change, run: async () => void (await store.update(agent, (now) => renamed(now, id, right))) },
      },
    ];
  });
}

function rightId(id: string, { provider }: Profile): string {
  const colon = id.indexOf(':');
  const own = providerId(provider);
  if (colon < 0) return profileId(own, providerId(id) === own ? undefined : id);
  return providerId(id.slice(0, colon)) === own ? id : profileId(own, id.slice(colon + 1));
}

/** Everywhere in the store, so that its order and how it fared stay its own. */
export function renamed(stored: StoredProfiles, from: string, to: string): StoredProfiles | undefined {
  if (!Object.hasOwn(stored.profiles, from) || Object.hasOwn(stored.profiles, to)) return undefined;
  const keys = <T>(map: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(map).map(([id, value]) => [id === from ? to : id, value]));
  const lists = Object.entries(stored.order ?? {}).map(
    ([provider, ids]) => [provider, ids.map((id) => (id === from ? to : id))] as const,
  );
  return {
    ...stored,
    profiles: keys(stored.profiles),
    ...(stored.order && { order: Object.fromEntries(lists) }),
    ...(stored.usageStats && { usageStats: keys(stored.usageStats) }),
  };
}
