import { isDeepStrictEqual } from 'node:util';
import type { ConfigEdit } from '../../config/edit/tree-edit.js';
import { textOf } from '../../config/config-file.js';
import { parseConfig } from '../../config/parse-config.js';
import type { ConfigPlan } from '../../config/plan.js';
import { isTree, type Tree } from '../../config/tree.js';
import type { FieldError } from '../../kernel/errors.js';
import { readSecretRef } from '../secret-ref.js';
import { isProfileTarget, PlanRefused, type PlanTarget, type SecretPlan } from './plan.js';
import { isOfType, registeredShape } from './registered-shape.js';

/** By file, absolute: what is to become of it. */
export type FileEdits = ReadonlyMap<string, readonly ConfigEdit[]>;

/**
 * What a plan does to the config file and those that it includes: each place is changed where it stands. Throws
 * PlanRefused for targets that are no registered secrets.
 */
export async function configEdits(plan: SecretPlan, config: ConfigPlan, configFile: string): Promise<FileEdits> {
  const targets = plan.targets.filter((target) => !isProfileTarget(target));
  const errors = targets.flatMap((target) => targetErrors(target, config));
  const missing = plan.providerDeletes.filter((alias) => !has(config.tree, ['secrets', 'providers', alias]));
  errors.push(
    ...missing.map((alias) => ({
      path: `secrets.providers.${alias}`,
      message: 'is to be taken away, and is not there',
    })),
  );
  if (errors.length > 0) throw new PlanRefused(errors);

  const edits = new Map<string, ConfigEdit[]>();
  const add = async (edit: ConfigEdit): Promise<void> => {
    const { file, keys } = await placeOf(edit.keys, config, configFile);
    edits.set(file, [...(edits.get(file) ?? []), { ...edit, keys }]);
  };
  for (const [alias, value] of Object.entries(plan.providerUpserts))
    await add({ keys: ['secrets', 'providers', alias], value });
  for (const { keys, ref } of targets) await add({ keys, value: written(ref) });
  for (const alias of plan.providerDeletes) await add({ keys: ['secrets', 'providers', alias], remove: true });
  return edits;
}

/** The secret that stands at a target now; undefined when there is none, or a reference already. */
export function plainAt({ tree }: ConfigPlan, keys: readonly string[]): string | undefined {
  const value = at(tree, keys);
  return typeof value === 'string' && readSecretRef(value) === undefined ? value : undefined;
}

function targetErrors({ type, keys, path }: PlanTarget, { shape, tree }: ConfigPlan): FieldError[] {
  const registered = registeredShape(shape, keys, tree);
  if (registered === undefined) {
    return [{ path, message: 'is no secret of this gateway that a reference may stand for; correct the path' }];
  }
  return isOfType(registered, type)
    ? []
    : [{ path, message: `is of the type ${registered}, and the plan says another one` }];
}

/**
 * The file in which a path stands, and its keys there: an included file begins where it is included. What is nowhere yet
 * comes into the config file, which wins over what it includes.
 */
async function placeOf(
  keys: readonly string[],
  config: ConfigPlan,
  configFile: string,
): Promise<{ file: string; keys: readonly string[] }> {
  const file = has(config.tree, keys) ? (config.fileOf(keys.join('.')) ?? configFile) : configFile;
  if (file === config.configPath || file === configFile) return { file: configFile, keys };
  const tree = await parseConfig(textOf(file), file);
  const value = at(config.tree, keys);
  const inside = keys
    .map((_key, i) => keys.slice(i))
    .find((rest) => has(tree, rest) && isDeepStrictEqual(at(tree, rest), value));
  if (!inside)
    throw new PlanRefused([
      { path: keys.join('.'), message: `stands in ${file}, where it is not found again; edit it by hand` },
    ]);
  return { file, keys: inside };
}

/** A reference in the order in which people write it. */
const written = ({ source, provider, id }: PlanTarget['ref']): Tree => ({
  source,
  ...(provider !== undefined && { provider }),
  id,
});

function at(tree: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (value, key) => (isTree(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    tree,
  );
}

const has = (tree: unknown, keys: readonly string[]): boolean => at(tree, keys) !== undefined;
