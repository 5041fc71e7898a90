import { Environment } from '../../config/environment.js';
import { loadConfig } from '../../config/load.js';
import { isTree, type Tree } from '../../config/tree.js';
import { systemClock } from '../../kernel/clock.js';
import type { FoundReference } from '../../secrets/audit/finding.js';
import { type Followed, followReferences } from '../../secrets/audit/follow.js';
import { readScene } from '../../secrets/audit/read-scene.js';
import { checkingSecrets } from '../../secrets/checking-secrets.js';
import { draftOf } from '../../secrets/plan/draft.js';
import { isProfileTarget, PlanRefused, type SecretPlan } from '../../secrets/plan/plan.js';
import type { Moves } from './moves.js';
import type { PlanScene } from './plan-scene.js';

export interface JudgeOptions {
  readonly dryRun: boolean;
  /** Whether programs that keep secrets may be run. */
  readonly allowExec: boolean;
}

/** What was found when a plan was tried. */
export interface Judgement {
  readonly followed: Followed;
  readonly warnings: readonly string[];
  /** The configuration as it would be. */
  readonly tree: Tree;
}

/** Refuses what needs no look at the files. */
export function refuseAtOnce(
  { targets, providerUpserts }: SecretPlan,
  { config }: PlanScene,
  { dryRun, allowExec }: JudgeOptions,
): void {
  const isExec = (value: unknown): boolean => isTree(value) && value['source'] === 'exec';
  const programs = [
    ...targets.filter(({ ref }) => isExec(ref)).map(({ path }) => path),
    ...Object.entries(providerUpserts).flatMap(([alias, provider]) =>
      isExec(provider) ? [`secrets.providers.${alias}`] : [],
    ),
  ];
  // To write a reference that was not tried would be to break a start later.
  if (!dryRun && !allowExec) refuse(programs, 'asks a program, which is run only with --allow-exec');

  const { models } = config.tree;
  if (!isTree(models) || models['store'] !== 'database') return;
  const profiles = targets.filter(isProfileTarget).map(({ path }) => path);
  refuse(profiles, 'is a profile, and those are sealed in the database (models.store): use doorward models auth');
}

function refuse(paths: readonly string[], message: string): void {
  if (paths.length > 0) throw new PlanRefused(paths.map((path) => ({ path, message })));
}

/**
 * Loads the configuration as it would be with these files, and follows every reference of the plan, needed now or not.
 * Throws ConfigError or PlanRefused with all that is wrong.
 */
export async function judgePlan(
  plan: SecretPlan,
  { config, configFile, parts, variables }: PlanScene,
  moves: Moves,
  { files, allowExec }: { readonly files: ReadonlyMap<string, string>; readonly allowExec: boolean },
): Promise<Judgement> {
  const draft = files.size === 0 ? undefined : await draftOf(configFile, config.files.slice(1), files);
  try {
    const env = new Environment({ ...variables, ...(draft && { DOORWARD_CONFIG_PATH: draft.path }) });
    const { snapshot, environment } = await loadConfig({ ...parts, env, secrets: checkingSecrets() });
    const found = plan.targets.map((target): FoundReference => ({
      file: isProfileTarget(target) ? `profiles of ${target.agentId}` : configFile,
      jsonPath: target.path,
      reference: target.ref,
    }));
    const followed = await followReferences(found, { config: snapshot, environment, clock: systemClock, allowExec });
    if (followed.findings.length > 0) {
      throw new PlanRefused(followed.findings.map(({ jsonPath, message }) => ({ path: jsonPath, message })));
    }
    const { scene } = await readScene({ ...parts, env });
    return { followed, warnings: differences(plan, found, followed, moves), tree: scene.plan.tree };
  } finally {
    await draft?.remove();
  }
}

/** A reference may well give a new secret; that it does, somebody should know. */
function differences(
  plan: SecretPlan,
  found: readonly FoundReference[],
  { valueOf }: Followed,
  moves: Moves,
): string[] {
  return plan.targets.flatMap((target, i) => {
    const { agentId, keys, path } = target;
    const text = isProfileTarget(target)
      ? moves.profiles.find(({ agent, id }) => agent === agentId?.toLowerCase() && id === keys[1])?.text
      : moves.config.find((move) => move.path === path)?.text;
    const value = valueOf(found[i]!);
    const differs = text !== undefined && value !== undefined && text !== value;
    return differs ? [`${path}: the reference gives another secret than the one that stands there`] : [];
  });
}
