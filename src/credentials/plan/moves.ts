import type { ConfigPlan } from '../../config/plan.js';
import { plainAt } from '../../secrets/plan/config-edits.js';
import { isProfileTarget, type SecretPlan } from '../../secrets/plan/plan.js';
import type { SecretRef } from '../../secrets/secret-ref.js';
import { copiedProfiles, type OwnProfiles, profileEdits, type ProfileEdit } from './profile-edits.js';

/** A secret that moves out of the configuration. */
export interface Move {
  readonly keys: readonly string[];
  readonly path: string;
  readonly ref: SecretRef;
  readonly text: string;
}

/** What moves out of where. */
export interface Moves {
  readonly config: readonly Move[];
  readonly profiles: readonly ProfileEdit[];
  /** All of it, for those who look for copies. */
  readonly texts: ReadonlySet<string>;
}

/** Throws PlanRefused for profiles that are not as the plan has them. */
export function movesOf(plan: SecretPlan, config: ConfigPlan, own: readonly OwnProfiles[]): Moves {
  const moved = plan.targets
    .filter((target) => !isProfileTarget(target))
    .flatMap(({ keys, path, ref }): Move[] => {
      const text = plainAt(config, keys);
      return text === undefined ? [] : [{ keys, path, ref, text }];
    });
  const named = profileEdits(plan, own);
  const copies = plan.options.scrubAuthProfilesForProviderTargets ? copiedProfiles(keysOfProviders(moved), own) : [];
  const isNamed = ({ agent, id }: ProfileEdit): boolean => named.some((one) => one.agent === agent && one.id === id);
  return {
    config: moved,
    profiles: [...named, ...copies.filter((edit) => !isNamed(edit))],
    texts: new Set([...moved, ...named].flatMap(({ text }) => text ?? [])),
  };
}

const keysOfProviders = (moved: readonly Move[]): { provider: string; ref: SecretRef; text: string }[] =>
  moved.flatMap(({ keys: [models, providers, provider, field], ref, text }) =>
    models === 'models' && providers === 'providers' && field === 'apiKey' ? [{ provider: provider!, ref, text }] : [],
  );
