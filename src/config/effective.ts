import type { LoadedConfig } from './load.js';
import { plainAddress } from './plain-address.js';
import { mapEntries, mapSecrets, secretShape } from './secret-shape.js';
import { REDACTED } from './secret-value.js';
import { type SettingsClass, settingsPath } from './settings.js';
import { isTree, type Tree } from './tree.js';

/**
 * The configuration that holds, defaults and variables included, as it may be shown: a reference where one stands in the
 * file, a mark in the place of every other secret, addresses without what they may hold of one.
 */
export function effectiveTree(
  { snapshot, redacted }: Pick<LoadedConfig, 'snapshot' | 'redacted'>,
  types: readonly SettingsClass[],
): Tree {
  const written = redacted();
  let tree: Tree = {};
  for (const type of types) {
    const part = settingsPath(type)
      .split('.')
      .reduceRight<unknown>((inner, key) => ({ [key]: inner }), plainOf(snapshot.get(type)));
    tree = merged(tree, part as Tree);
  }
  const shape = secretShape(types);
  const secrets = mapSecrets(tree, shape, (value, keys) => {
    const shown = at(written, keys);
    if (shown !== undefined && !isTree(value) && !Array.isArray(value)) return { value: shown };
    return isTree(value) || Array.isArray(value) ? undefined : { value: REDACTED };
  });
  return shownAddresses(withReferences(secrets as Tree, written, shape)) as Tree;
}

/** What stands at a path of a tree, one key each. */
export function at(tree: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => {
    const isInside = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
    return isInside ? (value as Record<string, unknown>)[key] : undefined;
  }, tree);
}

/** References whose secret was not asked for are no part of the snapshot, and stand in the file all the same. */
function withReferences(tree: Tree, written: Tree, shape: ReturnType<typeof secretShape>): Tree {
  let whole = tree;
  mapSecrets(written, shape, (value, keys) => {
    const isReference = isTree(value) && 'source' in value;
    if (!isReference) return isTree(value) || Array.isArray(value) ? undefined : { value };
    if (at(whole, keys) === undefined) {
      whole = merged(whole, keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Tree);
    }
    return { value };
  });
  return whole;
}

function merged(below: Tree, above: Tree): Tree {
  const both = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = Object.hasOwn(below, key) ? below[key] : undefined;
    both[key] = isTree(under) && isTree(value) ? merged(under, value) : value;
  }
  return both;
}

/** Instances of settings classes as plain data; what is not set is not there. */
function plainOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainOf);
  if (!isTree(value)) return value;
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return Object.fromEntries(entries.map(([key, entry]) => [key, plainOf(entry)]));
}

function shownAddresses(value: unknown): unknown {
  if (typeof value === 'string') return plainAddress(value);
  if (Array.isArray(value)) return value.map(shownAddresses);
  return isTree(value) ? mapEntries(value, shownAddresses) : value;
}
