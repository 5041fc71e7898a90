import { Refused } from '../../../kernel/errors.js';

/** A field of the caller's request that cannot be said to this provider: 400, naming it. */
export function fieldProblem(path: string, message: string): Refused {
  return new Refused('invalid_request', { message: `${path} ${message}`, fields: [{ path, message }] });
}
