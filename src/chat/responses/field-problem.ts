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
