import { spellings } from './environment.js';
import type { SettingSpec } from './setting-list.js';
import { isTree } from './tree.js';

const REFERENCE_KEYS = new Set(['source', 'provider', 'id']);
/** The family's short forms of a reference; taken literally, a secret that everybody can guess. */
const SHORTHAND = /^(\$[A-Z][A-Z0-9_]*|secretref(-env)?:.*)$/;
/** What the family's `config.get` shows in place of a secret; never a value. */
const REDACTED = /^__[A-Z]+_REDACTED__$/;

/** Whether a value has the shape of a SecretRef: `{ source, provider?, id }`. */
export function isSecretRef(value: unknown): boolean {
  if (!isTree(value)) return false;
  return 'source' in value && 'id' in value && Object.keys(value).every((key) => REFERENCE_KEYS.has(key));
}

/** What is wrong with a secret as it stands in the config file, or undefined. The answer never holds the value. */
export function secretProblem(value: unknown, spec: SettingSpec): string | undefined {
  if (isSecretRef(value) || (typeof value === 'string' && SHORTHAND.test(value))) {
    return `is a reference to a secret, which this version does not resolve; ${waysToGive(spec)}`;
  }
  if (typeof value === 'string' && REDACTED.test(value)) {
    return `holds the mark that stands for a hidden secret, not the secret; ${waysToGive(spec)}`;
  }
  return undefined;
}

function waysToGive({ traits: { env } }: SettingSpec): string {
  if (env === undefined) return 'write the value or "${NAME}" for a variable';
  const variable = spellings(env)[0]!;
  return `write the value or "\${NAME}" for a variable, or name a file in ${variable}_FILE`;
}
