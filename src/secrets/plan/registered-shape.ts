import type { SecretShape } from '../../config/secret-shape.js';
import { isTree } from '../../config/tree.js';

/**
 * The registered shape of a place in the configuration, with `*` for each name that people choose:
 * `models.providers.*.apiKey`; undefined where no secret of ours stands, or one that takes no reference.
 */
export function registeredShape(shape: SecretShape, keys: readonly string[], tree: unknown): string | undefined {
  if ('confidence' in shape) {
    // Below a secret with names of its own, such as headers.
    return shape.confidence === 'secret' && keys.length <= 1 ? keys.map(() => '*').join('.') : undefined;
  }
  const [key, ...rest] = keys;
  if (key === undefined) return undefined;
  const child: unknown = isTree(tree) && Object.hasOwn(tree, key) ? tree[key] : undefined;
  const inner = 'fields' in shape ? shape.fields.get(key) : shape.entry(child ?? {});
  if (!inner) return undefined;
  const below = registeredShape(inner, rest, child);
  if (below === undefined) return undefined;
  const name = 'fields' in shape ? key : '*';
  return below === '' ? name : `${name}.${below}`;
}

/** Whether a type of a plan means this shape; the family leaves the stars out. */
export const isOfType = (registered: string, type: string): boolean =>
  type === registered || type === registered.replaceAll('.*', '');
