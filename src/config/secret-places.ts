import type { FieldError } from '../kernel/errors.js';
import { mapEntries, mapSecrets, type SecretShape } from './secret-shape.js';
import { SecretPlace } from './secret-place.js';
import { type SecretSource, WrongReference } from './secret-source.js';
import { isRedactionMark, REDACTED } from './secret-value.js';
import { plainAddress } from './plain-address.js';
import { isTree, type Tree } from './tree.js';

export interface LocatedSecrets {
  /** The tree with a SecretPlace for each reference. */
  readonly tree: Tree;
  readonly places: readonly SecretPlace[];
  /** Where secrets stand as they are. */
  readonly plain: readonly string[];
  readonly errors: readonly FieldError[];
}

/** Finds what stands in the places of secrets: references, secrets themselves, and mistakes. */
export function locateSecrets(tree: Tree, shape: SecretShape, source: SecretSource): LocatedSecrets {
  const places: SecretPlace[] = [];
  const plain: string[] = [];
  const errors: FieldError[] = [];

  const located = mapSecrets(tree, shape, (value, keys, confidence) => {
    if (confidence === 'hidden') return undefined;
    const path = keys.join('.');
    const found = isRedactionMark(value) ? new WrongReference(MARKED) : source.read(value);
    if (found instanceof WrongReference) {
      errors.push({ path, message: found.message });
      return { value };
    }
    if (found) {
      const place = new SecretPlace(keys, found);
      places.push(place);
      return { value: place };
    }
    if (typeof value === 'string') plain.push(path);
    return undefined;
  });
  return { tree: located as Tree, places, plain, errors };
}

const MARKED =
  'holds the mark that stands for a hidden secret, not the secret; write the value, a reference, or "${NAME}" for a variable';

/** The tree with a value in each place. A place without one disappears, or is empty text where it stands in a list. */
export function fillPlaces(tree: Tree, valueOf: (place: SecretPlace) => string | undefined): Tree {
  const fill = (value: unknown): unknown => {
    if (value instanceof SecretPlace) return valueOf(value);
    if (Array.isArray(value)) return value.map((entry) => fill(entry) ?? '');
    if (!isTree(value)) return value;
    const filled = mapEntries(value, fill);
    return Object.fromEntries(
      Object.entries(filled).filter(([key, entry]) => entry !== undefined || value[key] === undefined),
    );
  };
  return fill(tree) as Tree;
}

/**
 * The tree as it may be shown: references as they are, a mark for every secret that stands there itself, and addresses
 * without what they may hold of one (S193).
 */
export function redactTree(tree: Tree, shape: SecretShape, source: SecretSource): Tree {
  const marked = mapSecrets(tree, shape, (value, _keys, confidence) => {
    if (confidence === 'secret' && source.read(value) !== undefined) return { value };
    return isTree(value) || Array.isArray(value) ? undefined : { value: REDACTED };
  });
  return withPlainAddresses(marked) as Tree;
}

function withPlainAddresses(value: unknown): unknown {
  if (typeof value === 'string') return plainAddress(value);
  if (Array.isArray(value)) return value.map(withPlainAddresses);
  return isTree(value) ? mapEntries(value, withPlainAddresses) : value;
}
