import { isRedactionMark } from '../../config/secret-value.js';
import { isSensitiveName } from './sensitive-name.js';

const HASH = /^\$(argon2(id|i|d)|2[aby]|scrypt|pbkdf2[^$]*)\$/;
const ADDRESS = /^[a-z][a-z0-9+.-]*:\/\//i;
const PATH = /^(~?\/|\.\/)[^\s]*$/;

/**
 * Whether text in the place of a secret is one that whoever reads the file can use: not a hash, not a mark, and of an
 * address only what opens something.
 */
export function isPlainSecret(text: string): boolean {
  if (text.trim() === '' || isRedactionMark(text) || HASH.test(text)) return false;
  return !ADDRESS.test(text) || holdsCredential(text);
}

/** Whether an address has a password, or something secret in its query, with it (S193). */
export function holdsCredential(text: string): boolean {
  if (!ADDRESS.test(text)) return false;
  if (!URL.canParse(text)) return /\/\/[^/]*:[^/]*@/.test(text);
  const { password, username, searchParams, protocol } = new URL(text);
  // A lone user of an http address is as good as a password: tokens are put there.
  if (password !== '' || (username !== '' && /^https?:$/.test(protocol))) return true;
  return [...searchParams].some(([name, value]) => value !== '' && (name === 'key' || isSensitiveName(name)));
}

/** The same by the name of a variable, for text of which nothing else is known. */
export function isPlainVariable(name: string, text: string): boolean {
  if (holdsCredential(text)) return true;
  return isSensitiveName(name) && isPlainSecret(text) && !PATH.test(text) && !/^\$\{[A-Z0-9_]+\}$/.test(text);
}
