import { isTree, join, kindOf, type Tree } from '../tree.js';

/** What is to become of one place of a configuration. */
export type ConfigEdit =
  | { readonly keys: readonly string[]; readonly value: unknown }
  | { readonly keys: readonly string[]; readonly remove: true };

/** The edit does not fit what is there: a sentence for a person, without any value. */
export class EditRefused extends Error {
  override readonly name = 'EditRefused';
}

/** A copy of the tree with the edit made, as plain data: what an edited file must come to. Throws EditRefused. */
export function editTree(tree: Tree, edit: ConfigEdit): Tree {
  return changed(tree, edit.keys, '', edit) as Tree;
}

function changed(value: unknown, [key, ...rest]: readonly string[], path: string, edit: ConfigEdit): unknown {
  if (key === undefined) return 'remove' in edit ? undefined : edit.value;
  const here = join(path, key);
  if (Array.isArray(value)) return changedList(value as unknown[], key, rest, here, edit);
  if (value !== undefined && !isTree(value)) throw notAnObject(path, value);
  const known = value !== undefined && Object.hasOwn(value, key);
  if ('remove' in edit && !known) throw notSet(edit);
  const next = changed(known ? value[key] : undefined, rest, here, edit);
  if (next !== undefined) return { ...value, [key]: next };
  return Object.fromEntries(Object.entries(value ?? {}).filter(([name]) => name !== key));
}

function changedList(list: readonly unknown[], key: string, rest: readonly string[], here: string, edit: ConfigEdit) {
  const index = listIndex(key, list.length, here);
  if ('remove' in edit && index === list.length) throw notSet(edit);
  const next = changed(list[index], rest, here, edit);
  return next === undefined ? list.toSpliced(index, 1) : list.toSpliced(index, 1, next);
}

/** The place in a list of `length` items; one behind the last adds to it. Throws EditRefused. */
export function listIndex(key: string, length: number, path: string): number {
  const index = /^\d{1,6}$/.test(key) ? Number(key) : -1;
  if (index >= 0 && index <= length) return index;
  throw new EditRefused(`${path} is no place in a list of ${length}; the next free one is ${length}`);
}

export function notAnObject(path: string, value: unknown): EditRefused {
  return new EditRefused(`${path} is ${kindOf(value)}, and nothing can stand below that; unset it first`);
}

export function notSet({ keys }: ConfigEdit): EditRefused {
  return new EditRefused(`${keys.join('.')} is not set`);
}
