import type { LoadRequest } from '../../config/load.js';
import { ConfigPlan } from '../../config/plan.js';
import { settingsOf } from '../../config/setting-list.js';
import type { FieldError } from '../../kernel/errors.js';
import { readSecretRef } from '../secret-ref.js';
import type { Scene } from './scene.js';

export type SceneRequest = Pick<LoadRequest, 'env' | 'settings' | 'rules' | 'surfaces'>;

export interface ReadScene {
  readonly scene: Scene;
  /** What is wrong with the configuration beside its references. */
  readonly mistakes: readonly FieldError[];
}

/** Reads a configuration without following a reference. Throws ConfigError when it cannot even be parsed. */
export async function readScene({ env, settings, rules, surfaces }: SceneRequest): Promise<ReadScene> {
  const plan = await ConfigPlan.of({ env, settings, rules, surfaces, secrets: READING });
  const draft = plan.draft();
  const wrongReferences = new Set(plan.wrongReferences);
  return {
    scene: { plan, config: draft.guarded, sorted: plan.sort(draft), specs: settings.flatMap(settingsOf) },
    mistakes: [...plan.errors.filter((error) => !wrongReferences.has(error)), ...draft.errors],
  };
}

/** Reads references; who follows them does it one by one afterwards. */
const READING: NonNullable<LoadRequest['secrets']> = {
  read: readSecretRef,
  check: () => [],
  resolve: () => Promise.reject(new Error('nothing is followed while a configuration is looked at')),
};
