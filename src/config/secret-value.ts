import type { SecretReference, SecretSource, WrongReference } from './secret-source.js';
import { isTree } from './tree.js';

const REFERENCE_KEYS = new Set(['source', 'provider', 'id']);
/** The family's short forms of a reference; taken literally, a secret that everybody can guess. */
const SHORTHAND = /^(\$[A-Z][A-Z0-9_]*|secretref(-env)?:.*)$/;
/** What stands for a secret where a configuration is shown (reference E.3); never a value. */
const MARK = /^__[A-Z]+_REDACTED__$/;

/** What we show in a secret's place. */
export const REDACTED = '__DOORWARD_REDACTED__';

export const isRedactionMark = (value: unknown): boolean => typeof value === 'string' && MARK.test(value);

/** Whether a value has the shape of a SecretRef: `{ source, provider?, id }`. */
function isSecretRef(value: unknown): boolean {
  if (!isTree(value)) return false;
  return 'source' in value && 'id' in value && Object.keys(value).every((key) => REFERENCE_KEYS.has(key));
}

/** Whether text is a short form of a reference; `${NAME}` is one in the place of a secret alone. */
const isShorthand = (value: unknown): boolean => typeof value === 'string' && SHORTHAND.test(value);

/** Follows no reference: for readers of a configuration that have nobody to ask. */
export const NO_SECRETS: SecretSource = {
  read: (value): SecretReference | WrongReference | undefined => {
    if (isShorthand(value)) return { source: 'env', id: String(value).replace(/^(\$|.*:)/, '') };
    return isSecretRef(value) ? (value as SecretReference) : undefined;
  },
  check: ({ active }) =>
    active.map(({ path }) => ({
      path,
      message: 'is a reference to a secret, which is not followed here; write the value or "${NAME}" for a variable',
    })),
  resolve: () => Promise.resolve({ values: new Map(), warnings: [] }),
};
