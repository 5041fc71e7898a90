import { type SecretReference, WrongReference } from '../config/secret-source.js';
import { parsePointer, PointerError } from '../kernel/json-pointer.js';

/** Where secrets are kept. */
export const SOURCES = ['env', 'file', 'exec'] as const;
export type SourceName = (typeof SOURCES)[number];

/** A secret that is kept elsewhere: `{ source, provider, id }` (reference E.1). */
export interface SecretRef extends SecretReference {
  readonly source: SourceName;
}

/** A reference whose provider is known. */
export interface SettledRef {
  readonly source: SourceName;
  readonly provider: string;
  readonly id: string;
}

export const ALIAS = /^[a-z][a-z0-9_-]{0,63}$/;
export const ALIAS_RULE = 'must be 1 to 64 lower-case letters, digits, "_" or "-", and begin with a letter';

const KEYS = new Set(['source', 'provider', 'id']);
const ENV_ID = /^[A-Z][A-Z0-9_]{0,127}$/;
const EXEC_ID = /^[A-Za-z0-9][A-Za-z0-9._:/#-]{0,255}$/;
const MAX_POINTER = 1024;

/** `${NAME}`, `$NAME` and `secretref-env:NAME`, the family's short forms for a variable. */
const SHORTHAND = /^(?:\$\{([A-Z][A-Z0-9_]{0,127})\}|\$([A-Z][A-Z0-9_]{0,127})|secretref(?:-env)?:(.*))$/s;

/** What stands in the place of a secret: a reference, something that was meant as one, or undefined for the secret itself. */
export function readSecretRef(value: unknown): SecretRef | WrongReference | undefined {
  if (typeof value === 'string') return fromText(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return isMeantAsReference(value) ? fromObject(value as Record<string, unknown>) : undefined;
}

/** For errors and views: `exec provider "vault", id "providers/openai/apiKey"`. */
export const wordsOf = ({ source, provider, id }: SettledRef): string => `${source} provider "${provider}", id "${id}"`;

/** One text for each secret, however often it is referred to. */
export const keyOf = ({ source, provider, id }: SettledRef): string => `${source}:${provider}:${id}`;

function fromText(text: string): SecretRef | WrongReference | undefined {
  const match = SHORTHAND.exec(text);
  if (!match) return undefined;
  const id = match[1] ?? match[2] ?? match[3]!;
  const problem = idProblem('env', id);
  return problem === undefined ? { source: 'env', id } : new WrongReference(`is a short form whose name ${problem}`);
}

/** A header may be called `source`, so one key alone makes no reference. */
function isMeantAsReference(value: object): boolean {
  if (!Object.hasOwn(value, 'source')) return false;
  return Object.hasOwn(value, 'id') || Object.keys(value).every((key) => KEYS.has(key));
}

function fromObject(value: Readonly<Record<string, unknown>>): SecretRef | WrongReference {
  const { source, provider, id, ...others } = value;
  const extra = Object.keys(others)[0];
  if (extra !== undefined) return wrong(`has the key "${extra}"; a reference is { source, provider, id } and no more`);
  const known = SOURCES.find((name) => name === source);
  if (known === undefined) return wrong('names no known source; write "env", "file" or "exec"');
  if (provider !== undefined && !(typeof provider === 'string' && ALIAS.test(provider))) {
    return wrong(`names a provider that cannot be one: the name ${ALIAS_RULE}`);
  }
  if (typeof id !== 'string') return wrong('has no id; write the name of the secret as text');
  const problem = idProblem(known, id);
  if (problem !== undefined) return wrong(`has an id that ${problem}`);
  return { source: known, ...(typeof provider === 'string' && { provider }), id };
}

const wrong = (what: string): WrongReference => new WrongReference(`is a reference to a secret that ${what}`);

/** What is wrong with an id, or undefined. Whether a file provider wants a pointer or `value`, its mode says. */
export function idProblem(source: SourceName, id: string): string | undefined {
  switch (source) {
    case 'env':
      return ENV_ID.test(id) ? undefined : 'is no name of a variable: capitals, digits and "_", such as OPENAI_API_KEY';
    case 'file':
      return id === 'value' ? undefined : pointerProblem(id);
    case 'exec':
      if (!EXEC_ID.test(id)) return 'must be 1 to 256 letters, digits or "._:/#-", and begin with a letter or digit';
      return id.split('/').some((part) => part === '.' || part === '..')
        ? 'must not contain "." or ".." as a step'
        : undefined;
  }
}

function pointerProblem(id: string): string | undefined {
  if (id === '' || id.length > MAX_POINTER)
    return 'must be a JSON Pointer such as /providers/openai/apiKey, or "value"';
  try {
    parsePointer(id);
    return undefined;
  } catch (error) {
    if (!(error instanceof PointerError)) throw error;
    return `is no JSON Pointer (RFC 6901): it ${error.message}; write one such as /providers/openai/apiKey, or "value"`;
  }
}
