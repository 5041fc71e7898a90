import type { SecretSource } from '../../config/secret-source.js';
import type { Clock } from '../../kernel/clock.js';
import { readSecretRef } from '../secret-ref.js';
import { type FoundReference } from './finding.js';
import { followReferences } from './follow.js';

/**
 * Follows what can be followed, for those who only look at a configuration: a reference that leads nowhere here leaves its
 * setting out, and fails nothing.
 */
export function lenientSecrets({
  clock,
  allowExec,
}: {
  readonly clock: Clock;
  readonly allowExec: boolean;
}): SecretSource {
  return {
    read: readSecretRef,
    check: () => [],
    async resolve({ active, config, environment }) {
      const found = active.map(({ path, reference }): FoundReference => ({ file: '', jsonPath: path, reference }));
      const { valueOf } = await followReferences(found, { config, environment, clock, allowExec });
      const values = found.flatMap((one): [string, string][] => {
        const value = valueOf(one);
        return value === undefined ? [] : [[one.jsonPath, value]];
      });
      const known = new Map(values);
      return {
        values: known,
        warnings: [],
        unmeasured: new Set(found.map(({ jsonPath }) => jsonPath).filter((path) => !known.has(path))),
      };
    },
  };
}
