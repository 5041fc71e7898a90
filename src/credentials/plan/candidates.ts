import { mapSecrets } from '../../config/secret-shape.js';
import { isPlainSecret } from '../../secrets/audit/plain-secret.js';
import { isSensitiveName } from '../../secrets/audit/sensitive-name.js';
import type { PlanTarget } from '../../secrets/plan/plan.js';
import { registeredShape } from '../../secrets/plan/registered-shape.js';
import { readSecretRef } from '../../secrets/secret-ref.js';
import type { PlanScene } from './plan-scene.js';

/** A secret that stands in plain text where a reference could. */
export interface Candidate extends Omit<PlanTarget, 'ref'> {
  /** The file in which it stands. */
  readonly file: string;
}

/** All of them: of the configuration, then of the profiles of agents, of one alone on demand. */
export function candidates(scene: PlanScene, agentId?: string): Candidate[] {
  return [...configCandidates(scene), ...profileCandidates(scene, agentId?.toLowerCase())];
}

function configCandidates({ config }: PlanScene): Candidate[] {
  const found: Candidate[] = [];
  mapSecrets(config.tree, config.shape, (value, keys, confidence) => {
    if (confidence !== 'secret') return { value };
    if (readSecretRef(value) !== undefined) return { value };
    if (typeof value !== 'string' || !isPlainSecret(value)) return undefined;
    if (keys.at(-2) === 'headers' && !isSensitiveName(keys.at(-1)!)) return undefined;
    const path = keys.join('.');
    const type = registeredShape(config.shape, keys, config.tree);
    if (type !== undefined) found.push({ type, keys, path, file: config.fileOf(path) ?? '' });
    return undefined;
  });
  return found;
}

function profileCandidates({ profiles, store }: PlanScene, only: string | undefined): Candidate[] {
  return profiles
    .filter(({ agent }) => only === undefined || agent === only)
    .flatMap(({ agent, stored }) =>
      Object.entries(stored.profiles).flatMap(([id, profile]): Candidate[] => {
        const field = profile.type === 'api_key' ? 'key' : 'token';
        const text: unknown = (profile as Record<string, unknown>)[field];
        if (profile.type === 'oauth' || typeof text !== 'string' || !isPlainSecret(text)) return [];
        const type = `auth-profiles.${profile.type}.${field}`;
        const keys = ['profiles', id, field];
        return [{ type, keys, path: keys.join('.'), agentId: agent, file: store.describe(agent) }];
      }),
    );
}
