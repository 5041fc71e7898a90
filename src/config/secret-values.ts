import type { BuiltPart } from './build-part.js';
import { mapSecrets, secretShape } from './secret-shape.js';
import { settingsPath } from './settings.js';
import { isTree } from './tree.js';

/** The text of every secret in the parts of a configuration, wherever it came from. */
export function secretValues(parts: readonly BuiltPart[]): ReadonlySet<string> {
  const values = new Set<string>();
  for (const { type, part } of parts) {
    const at = settingsPath(type).split('.');
    const tree = at.reduceRight<object>((inner, key) => ({ [key]: inner }), part);
    mapSecrets(tree, secretShape([type]), (value) => {
      if (typeof value === 'string' && value !== '') values.add(value);
      return isTree(value) || Array.isArray(value) ? undefined : { value };
    });
  }
  return values;
}
