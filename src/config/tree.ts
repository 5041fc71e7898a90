/** A config file's content, or an object in it: plain data, none of it checked. */
export type Tree = Readonly<Record<string, unknown>>;

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What stands at a dotted path, or undefined. Own keys alone count: `constructor` is nothing. */
export function valueAt(tree: Tree, path: string): unknown {
  let value: unknown = tree;
  for (const key of path.split('.')) {
    if (!isTree(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

export function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

/** What a value is, in the words of someone who writes a config file. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'not set';
  if (Array.isArray(value)) return 'a list';
  // prettier-ignore
  const words: Readonly<Record<string, string>> = { string: 'text', number: 'a number', boolean: 'true or false', object: 'an object' };
  return words[typeof value] ?? typeof value;
}
