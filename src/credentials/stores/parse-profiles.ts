import { BrokenStore } from '../profile-store.js';
import { NO_PROFILES, type StoredProfiles } from '../profile.js';

/** Takes `auth-profiles.json` in. Whatever else stands in it is kept. Throws BrokenStore, which tells nothing of its content. */
export function parseProfiles(text: string, where: string): StoredProfiles {
  const tree = treeOf(text, where);
  const { version = 1, profiles = {} } = tree;
  if (typeof version !== 'number') throw broken(where, 'its version is no number');
  for (const [name, part] of Object.entries({ profiles, ...optional(tree) })) {
    if (!isObject(part)) throw broken(where, `${name} is no object`);
  }
  return { ...NO_PROFILES, ...tree };
}

function treeOf(text: string, where: string): Record<string, unknown> {
  let tree: unknown;
  try {
    tree = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw broken(where, 'it is no JSON');
  }
  if (!isObject(tree)) throw broken(where, 'it is no object');
  return tree;
}

function optional({ order, lastGood, usageStats }: Record<string, unknown>): Record<string, unknown> {
  const parts = { order, lastGood, usageStats };
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function broken(where: string, why: string): BrokenStore {
  return new BrokenStore(`${where} cannot be read as profiles: ${why}; mend it, or move it away and sign in again`);
}
