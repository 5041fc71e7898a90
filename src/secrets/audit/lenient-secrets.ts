import type { SecretSource } from '../../config/secret-source.js';
import { readSecretRef } from '../secret-ref.js';
import type { Followed } from './follow.js';

/**
 * What an audit could follow, for those who only look at a configuration: a reference that leads nowhere here leaves its
 * setting out, and fails nothing. Nobody is asked again.
 */
export function lenientSecrets({ valueOf }: Pick<Followed, 'valueOf'>): SecretSource {
  return {
    read: readSecretRef,
    check: () => [],
    resolve({ active }) {
      const values = active.flatMap((secret): [string, string][] => {
        const value = valueOf(secret);
        return value === undefined ? [] : [[secret.path, value]];
      });
      const known = new Map(values);
      return Promise.resolve({
        values: known,
        warnings: [],
        unmeasured: new Map(
          active.filter(({ path }) => !known.has(path)).map(({ path }) => [path, `${path} could not be followed`]),
        ),
      });
    },
  };
}
