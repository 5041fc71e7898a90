import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MAIN_AGENT } from '../../credentials/agent-id.js';
import type { ProfileRules } from '../../credentials/candidate-order.js';
import type { ProfileStore } from '../../credentials/profile-store.js';
import { type Profile, profileId, providerId, type StoredProfiles } from '../../credentials/profile.js';
import { LEGACY_FILES } from '../../credentials/stores/legacy-profiles.js';
import type { Check, Finding, Patient } from './check.js';

/** What older versions have left, and ids that no way to name a profile leads to. */
export const legacyProfiles: Check = async (patient) => {
  const { files, settings } = patient.local;
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
  const ids = await legacyIds(files, patient);
  const found = [...left, ...ids];
  return found.length > 0
    ? found
    : [{ code: 'legacy_profiles', state: 'ok', evidence: 'nothing of older versions is left' }];
};

async function legacyIds(store: ProfileStore, { local, statuses }: Patient): Promise<Finding[]> {
  const all = await Promise.all(
    [...local.agents.keys()].map(async (agent): Promise<Stock> => {
      return { agent, stored: statuses.get(agent) instanceof Error ? undefined : await store.read(agent) };
    }),
  );
  return all.flatMap(({ agent, stored }) =>
    Object.entries(stored?.profiles ?? {}).flatMap(([id, profile]) => {
      const right = rightId(id, profile);
      if (right === id) return [];
      const isTaken = Object.hasOwn(stored!.profiles, right);
      const names = namedElsewhere({ id, right, agent }, local.rules, all);
      const rename: Finding = {
        code: 'legacy_profile_id',
        state: 'warn',
        evidence: `the profile "${id}" of agent "${agent}" is not called <provider>:<name>`,
        fix: isTaken ? `remove one of "${id}" and "${right}"` : `rename it to "${right}"${howTo(names)}`,
      };
      if (isTaken || names.length > 0) return [rename];
      const change = `profile of agent "${agent}": ${id} → ${right}`;
      const run = async (): Promise<void> => void (await store.update(agent, (now) => renamed(now, id, right)));
      return [{ ...rename, repair: { change, run } }];
    }),
  );
}

const howTo = (names: readonly string[]): string =>
  names.length === 0 ? ': doorward doctor --fix' : ` by hand, and look after ${names.join(', ')}, where it matters too`;

/** What an agent has; undefined where nobody can read it. */
interface Stock {
  readonly agent: string;
  readonly stored: StoredProfiles | undefined;
}

interface Rename {
  readonly id: string;
  readonly right: string;
  readonly agent: string;
}

/**
 * Where else these ids stand. Whoever calls the profile by its old one would not find it any more; and an agent's profile
 * hides the main agent's of the same id, so another id may show one that was hidden, or hide one. What cannot be read may
 * hold anything.
 */
function namedElsewhere(
  { id, right, agent }: Rename,
  { profiles, order }: ProfileRules,
  all: readonly Stock[],
): string[] {
  const relatives = all.filter((other) => other.agent !== agent && [agent, other.agent].includes(MAIN_AGENT));
  const isIn = ({ profiles: own, order: orders = {} }: StoredProfiles): boolean =>
    Object.hasOwn(own, id) || Object.hasOwn(own, right) || Object.values(orders).some((ids) => ids.includes(id));
  return [
    ...(Object.hasOwn(profiles, id) ? [`auth.profiles.${id}`] : []),
    ...Object.keys(order).flatMap((provider) => (order[provider]!.includes(id) ? [`auth.order.${provider}`] : [])),
    ...relatives
      .filter(({ stored }) => !stored || isIn(stored))
      .map((other) => `the profiles of agent "${other.agent}"`),
  ];
}

function rightId(id: string, { provider }: Profile): string {
  const colon = id.indexOf(':');
  const own = providerId(provider);
  if (colon < 0) return profileId(own, providerId(id) === own ? undefined : id);
  return providerId(id.slice(0, colon)) === own ? id : profileId(own, id.slice(colon + 1));
}

/** Everywhere in the store, so that its order and how it fared stay its own. */
function renamed(stored: StoredProfiles, from: string, to: string): StoredProfiles | undefined {
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
