import { parseEnv } from 'node:util';
import { isTree } from '../../config/tree.js';
import { readSecretRef } from '../secret-ref.js';
import { WrongReference } from '../../config/secret-source.js';

const NAME = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=/;
/** Shorter texts are no secrets that are told by being the same. */
const SHORTEST = 8;

/** `.env` without the variables that hold one of these secrets, unless somebody refers to them. Comments stay. */
export function scrubbedEnv(text: string, secrets: ReadonlySet<string>, needed: ReadonlySet<string>): string {
  const values = parseEnv(text);
  const isGone = (name: string): boolean => {
    const value = values[name];
    // A value over several lines is left alone: taking it apart by lines could leave half of it behind.
    return (
      value !== undefined &&
      value.length >= SHORTEST &&
      !value.includes('\n') &&
      secrets.has(value) &&
      !needed.has(name)
    );
  };
  return text
    .split('\n')
    .filter((line) => {
      const name = NAME.exec(line)?.[1];
      return name === undefined || !isGone(name);
    })
    .join('\n');
}

/** The variables that a configuration refers to, by reference or inside text. */
export function variablesIn(value: unknown, names = new Set<string>()): Set<string> {
  if (typeof value === 'string') for (const [, name] of value.matchAll(/\$\{?([A-Z_][A-Z0-9_]*)\}?/g)) names.add(name!);
  const ref = readSecretRef(value);
  if (ref && !(ref instanceof WrongReference) && ref.source === 'env') names.add(ref.id);
  if (Array.isArray(value)) value.forEach((entry) => variablesIn(entry, names));
  else if (isTree(value)) Object.values(value).forEach((entry) => variablesIn(entry, names));
  return names;
}
