import type { FieldError } from '../../kernel/errors.js';
import { COMMON_PASSWORDS } from './common-passwords.js';

export const SHORTEST = 8;
export const LONGEST = 256;

type Rule = readonly [message: string, holds: (password: string, email: string) => boolean];

/** Characters, as a person counts them: not the halves of UTF-16. */
const length = (password: string): number => [...password].length;

// prettier-ignore
const RULES: readonly Rule[] = [
  [`must have ${SHORTEST} characters or more`,  (password) => length(password) >= SHORTEST],
  [`must have ${LONGEST} characters or fewer`,  (password) => length(password) <= LONGEST],
  ['must have an upper-case letter',            (password) => /\p{Lu}/u.test(password)],
  ['must have a lower-case letter',             (password) => /\p{Ll}/u.test(password)],
  ['must have a digit',                         (password) => /\p{Nd}/u.test(password)],
  ['must have a symbol, such as ! or -',        (password) => /[^\p{L}\p{N}\s]/u.test(password)],
  ['must not be one of the most common ones',   (password) => !COMMON_PASSWORDS.has(password.toLowerCase())],
  ['must not be your e-mail address',           (password, email) => password.toLowerCase() !== email.toLowerCase()],
];

/** Every rule that a new password breaks, as errors of the field `path`; none for a good one. */
export function passwordProblems(password: string, email: string, path = 'password'): FieldError[] {
  const text = normal(password);
  return RULES.filter(([, holds]) => !holds(text, email)).map(([message]) => ({ path, message }));
}

/**
 * The form in which a password is hashed: Unicode NFC, and nothing else is touched (RFC 8265, OpaqueString). The same key
 * gives one code point on one system and two on another, and both must be the same password. NFKC would also fold
 * characters that a person chose to differ, such as ² and 2.
 */
export function normal(password: string): string {
  return password.normalize('NFC');
}
