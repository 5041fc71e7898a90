import { Refused } from '../../kernel/errors.js';

/** A field of the caller's request that cannot be asked of a provider of chats: 400, naming it. */
export function fieldProblem(path: string, message: string): Refused {
  return new Refused('invalid_request', { message: `${path} ${message}`, fields: [{ path, message }] });
}

/** `value` as the text that it must be. */
export function textOf(value: unknown, path: string): string {
  if (typeof value !== 'string') throw fieldProblem(path, 'must be a text');
  return value;
}

/** `value` as the object that it must be. */
export function objectOf(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw fieldProblem(path, 'must be an object');
  return value as Readonly<Record<string, unknown>>;
}

/** `value` as the list of objects that it must be where it is given at all. */
export function listOf(value: unknown, path: string): readonly Readonly<Record<string, unknown>>[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw fieldProblem(path, 'must be a list');
  return value.map((one: unknown, index) => objectOf(one, `${path}[${index}]`));
}
