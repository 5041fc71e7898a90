import { MAIN_AGENT } from '../agent-id.js';
import { inherit } from '../inheritance.js';
import type { ProfileStore } from '../profile-store.js';
import { keyOf, referenceOf } from '../key-reference.js';
import { NO_PROFILES, type StoredProfiles } from '../profile.js';
import { type ModelStatus, modelStatus } from '../status/model-status.js';
import type { LocalCredentials } from './open-local.js';
import { referenceReach } from './reference-reach.js';

/** What an agent may use on this machine, and how good it is. Throws BrokenStore for a file that is no profiles. */
export async function localStatus(local: LocalCredentials, agent: string, now: number): Promise<ModelStatus> {
  const { config, rules, files, variables } = local;
  const stored = files ? await usableProfiles(files, agent) : NO_PROFILES;
  const lost = await lostReferences(stored, local);
  return modelStatus({
    agent,
    config,
    rules,
    stored,
    store: files?.describe(agent) ?? 'the database',
    variables,
    now,
    isResolved: (reference) => !lost.has(keyOf(reference)),
  });
}

/** The agent's own profiles, and the main agent's for what it has none of its own. */
export async function usableProfiles(store: ProfileStore, agent: string): Promise<StoredProfiles> {
  const own = await store.read(agent);
  return agent === MAIN_AGENT ? own : inherit(agent, own, await store.read(MAIN_AGENT)).stored;
}

async function lostReferences({ profiles }: StoredProfiles, { settings }: LocalCredentials): Promise<Set<string>> {
  const lost = new Set<string>();
  for (const profile of Object.values(profiles)) {
    const [, reference] = referenceOf(profile) ?? [];
    if (reference && (await referenceReach(reference, settings)).state === 'lost') lost.add(keyOf(reference));
  }
  return lost;
}
