import { BrokenStore } from '../profile-store.js';
import { NO_PROFILES, type StoredProfiles } from '../profile.js';

/** Single entries that nobody can use. They stand aside while profiles are worked with, and are written back as they were. */
const UNUSABLE = Symbol('unusable entries');

interface Unusable {
  readonly profiles: Readonly<Record<string, unknown>>;
  readonly order: Readonly<Record<string, unknown>>;
}

/** Takes `auth-profiles.json` in. Whatever else stands in it is kept. Throws BrokenStore, which tells nothing of its content. */
export function parseProfiles(text: string, where: string): StoredProfiles {
  const tree = treeOf(text, where);
  const { version = 1, profiles = {} } = tree;
  if (typeof version !== 'number') throw broken(where, 'its version is no number');
  const parts = { profiles, ...optional(tree) };
  for (const [name, part] of Object.entries(parts)) {
    if (!isObject(part)) throw broken(where, `${name} is no object`);
  }
  const { profiles: entries, order } = parts as Record<string, Record<string, unknown> | undefined>;
  const [known, strange] = sorted(entries!, isProfile);
  const [lists, noLists] = sorted(order ?? {}, isTexts);
  const unusable: Unusable = { profiles: strange, order: noLists };
  const read = { ...NO_PROFILES, ...tree, profiles: known, ...(order && { order: lists }), [UNUSABLE]: unusable };
  return read as StoredProfiles;
}

/** What `parseProfiles` reads, as compact JSON unless `indent` says otherwise. How profiles fared is left out on demand. */
export function printProfiles(stored: StoredProfiles, { indent = 0, usage = true } = {}): string {
  const { usageStats, ...rest } = stored;
  const { profiles, order } = (stored as { [UNUSABLE]?: Unusable })[UNUSABLE] ?? { profiles: {}, order: {} };
  const hasOrder = stored.order !== undefined || Object.keys(order).length > 0;
  const tree = {
    ...rest,
    profiles: { ...profiles, ...stored.profiles },
    ...(hasOrder && { order: { ...order, ...stored.order } }),
    ...(usage && usageStats !== undefined && { usageStats }),
  };
  return JSON.stringify(tree, null, indent);
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

type Entries = Record<string, unknown>;

function sorted(entries: Entries, fits: (value: unknown) => boolean): [fitting: Entries, others: Entries] {
  const all = Object.entries(entries);
  return [
    Object.fromEntries(all.filter(([, value]) => fits(value))),
    Object.fromEntries(all.filter(([, value]) => !fits(value))),
  ];
}

function isProfile(value: unknown): boolean {
  return isObject(value) && typeof value['type'] === 'string' && typeof value['provider'] === 'string';
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function broken(where: string, why: string): BrokenStore {
  return new BrokenStore(`${where} cannot be read as profiles: ${why}; mend it, or move it away and sign in again`);
}
