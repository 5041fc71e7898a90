import type { FieldError } from '../kernel/errors.js';
import { SecretPlace } from './secret-place.js';
import { isTree, join, type Tree } from './tree.js';

const REFERENCE = /\$?\$\{([A-Z_][A-Z0-9_]*)\}/g;

/** What became of the config file when `${NAME}` was replaced. */
export interface Substitution {
  readonly tree: Tree;
  /** Paths whose text came from variables: converted as the environment's values are, and no secret of the file. */
  readonly substituted: ReadonlySet<string>;
  readonly errors: readonly FieldError[];
}

/**
 * Replaces `${NAME}` (capitals) in every text by the variable; `$${NAME}` stays as the text `${NAME}`. A variable that
 * is missing or blank is an error. What a variable holds is not looked at again.
 */
export function substitute(tree: Tree, lookUp: (name: string) => string | undefined): Substitution {
  const substituted = new Set<string>();
  const errors: FieldError[] = [];

  const replace = (value: unknown, path: string): unknown => {
    if (typeof value === 'string') return replaceText(value, path);
    if (Array.isArray(value)) return value.map((item, index) => replace(item, join(path, String(index))));
    return isTree(value) && !(value instanceof SecretPlace) ? replaceAll(value, path) : value;
  };

  const replaceAll = (section: Tree, path: string): Tree =>
    Object.fromEntries(Object.entries(section).map(([key, child]) => [key, replace(child, join(path, key))]));

  const replaceText = (text: string, path: string): string =>
    text.replace(REFERENCE, (match, name: string) => {
      if (match.startsWith('$$')) return match.slice(1);
      substituted.add(path);
      const found = lookUp(name);
      if (found !== undefined) return found;
      errors.push({
        path,
        message: `\${${name}} is not set; set the variable, or write $\${${name}} for the text itself`,
      });
      return '';
    });

  return { tree: replaceAll(tree, ''), substituted, errors };
}
