import { join } from 'node:path';
import { exists, textOf } from '../../config/config-file.js';
import { dotEnvPath } from '../../config/dot-env.js';
import type { Tree } from '../../config/tree.js';
import type { SecretPlan } from '../../secrets/plan/plan.js';
import { scrubbedEnv, variablesIn } from '../../secrets/plan/scrub-env.js';
import { LEGACY_CACHE } from '../audit/legacy-place.js';
import type { PlanScene } from './plan-scene.js';
import { scrubbedLegacy } from './scrub-legacy.js';

/** Files without their copies of secrets that move, by path. A variable that somebody still refers to stays. */
export function scrubbedFiles(
  { options, targets }: SecretPlan,
  { config, folders, profiles }: PlanScene,
  texts: ReadonlySet<string>,
  tree: Tree,
): [path: string, text: string][] {
  const files: [string, string][] = [];
  const dotEnv = dotEnvPath(config.stateDir);
  if (options.scrubEnv && exists(dotEnv)) {
    const needed = variablesIn([tree, targets.map(({ ref }) => ref), profiles.map(({ stored }) => stored.profiles)]);
    const before = textOf(dotEnv);
    const after = scrubbedEnv(before, texts, needed);
    if (after !== before) files.push([dotEnv, after]);
  }
  if (!options.scrubLegacyAuthJson) return files;
  for (const { folder } of folders) {
    const path = join(folder, LEGACY_CACHE);
    const text = exists(path) ? scrubbedLegacy(textOf(path), texts) : undefined;
    if (text !== undefined) files.push([path, text]);
  }
  return files;
}
