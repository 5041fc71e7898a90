import { isTree, type Tree } from '../../config/tree.js';

/**
 * `auth.json` of an older version without the keys that are one of these secrets; undefined when there are none, or when
 * it cannot be read: then it is left as it is.
 */
export function scrubbedLegacy(text: string, secrets: ReadonlySet<string>): string | undefined {
  let tree: unknown;
  try {
    tree = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
  if (!isTree(tree)) return undefined;
  const kept = Object.entries(tree).filter(([, entry]) => !(isTree(entry) && holds(entry, secrets)));
  if (kept.length === Object.keys(tree).length) return undefined;
  return `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`;
}

const holds = ({ key }: Tree, secrets: ReadonlySet<string>): boolean => typeof key === 'string' && secrets.has(key);
