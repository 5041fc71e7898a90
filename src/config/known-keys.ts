import type { FieldError } from '../kernel/errors.js';
import { FAMILY_KEYS, FAMILY_SECTIONS, SCHEMA_KEY } from './family-keys.js';
import { nearest, unknownKey } from './nearest.js';
import { isTree, join, kindOf, type Tree } from './tree.js';

/** What a key may be: a setting, a family key that is not used, anything below it, or an object with known keys. */
interface KnownKey {
  readonly below: Map<string, KnownKey>;
  meaning?: 'setting' | 'unused' | 'unused-tree';
}

/** What the keys of a config file say, before any value is looked at. */
export interface KeyReport {
  readonly errors: readonly FieldError[];
  /** Paths that the family knows and this version does not use. */
  readonly unusedKeys: readonly string[];
  /** Top-level sections that nobody reads. */
  readonly unusedSections: readonly string[];
}

/**
 * Checks the keys of a config file against the paths of all settings. An unknown key inside a section of ours is an
 * error that names the nearest known one; other sections are left alone, unless the name is a near miss of ours:
 * `gatway` would otherwise start a gateway without its credentials.
 */
export function checkKeys(tree: Tree, settingPaths: readonly string[]): KeyReport {
  const known = knownKeys(settingPaths);
  const errors: FieldError[] = [];
  const unusedKeys: string[] = [];
  const unusedSections: string[] = [];

  const walk = (section: Tree, keys: ReadonlyMap<string, KnownKey>, path: string): void => {
    for (const [key, value] of Object.entries(section))
      visit(join(path, key), value, keys.get(key), () => unknownKey(key, [...keys.keys()], path));
  };
  const visit = (path: string, value: unknown, key: KnownKey | undefined, explain: () => string): void => {
    if (!key) errors.push({ path, message: explain() });
    else if (key.meaning?.startsWith('unused')) unusedKeys.push(path);
    else if (key.meaning === 'setting') return;
    else if (isTree(value)) walk(value, key.below, path);
    else errors.push({ path, message: `must be an object, and it is ${kindOf(value)}; write { … } or remove the key` });
  };

  for (const [section, value] of Object.entries(tree)) {
    if (section === SCHEMA_KEY || section === 'env') continue;
    const key = known.get(section);
    const meant = key ? undefined : misspelt(section, [...known.keys(), 'env']);
    if (key) visit(section, value, key, () => '');
    else if (meant === undefined) unusedSections.push(section);
    else errors.push({ path: section, message: `unknown section; did you mean "${meant}"?` });
  }
  return { errors, unusedKeys, unusedSections };
}

/** The top-level sections that settings stand in. */
export function sectionsOf(settingPaths: readonly string[]): string[] {
  return [...new Set(settingPaths.map((path) => path.split('.')[0]!))];
}

function knownKeys(settingPaths: readonly string[]): Map<string, KnownKey> {
  const root: KnownKey = { below: new Map() };
  for (const path of settingPaths) descend(root, path.split('.')).meaning = 'setting';

  const sections = new Set(root.below.keys());
  for (const path of FAMILY_KEYS) {
    const isTreeKey = path.endsWith('.*');
    const keys = path.replace(/\.\*$/, '').split('.');
    if (!sections.has(keys[0]!)) continue;
    const key = descend(root, keys);
    if (key.meaning === undefined && key.below.size === 0) key.meaning = isTreeKey ? 'unused-tree' : 'unused';
  }
  return root.below;
}

/** The entry for `keys`, made where it is missing. Below a setting nothing is added: its own rules judge what it holds. */
function descend(root: KnownKey, keys: readonly string[]): KnownKey {
  let here = root;
  for (const key of keys) {
    if (here.meaning !== undefined) return here;
    if (!here.below.has(key)) here.below.set(key, { below: new Map() });
    here = here.below.get(key)!;
  }
  return here;
}

function misspelt(section: string, ours: readonly string[]): string | undefined {
  if (FAMILY_SECTIONS.includes(section) || section.length < 4) return undefined;
  const near = nearest(section, ours);
  return near?.isNear ? near.word : undefined;
}
