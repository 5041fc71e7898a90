import { Refused } from '../../kernel/errors.js';

/** What a person gave and has to give otherwise; `message` says what is wrong and what to do, and never holds the value. */
export function wrongInput(path: string, message: string): Refused {
  return new Refused('invalid_request', { message, fields: [{ path, message }] });
}
