import { randomInt } from 'node:crypto';

/** Consonants alone spell no word, and none of them is taken for another (RFC 8628 section 6.1). */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';
const LENGTH = 8;

const FORM = new RegExp(`^[${LETTERS}]{${LENGTH}}$`);

/** `WDJB-MJHT`: what a person types, one of 2.5 × 10^10. */
export function newUserCode(): string {
  const letters = Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return `${letters.slice(0, LENGTH / 2)}-${letters.slice(LENGTH / 2)}`;
}

/** The code that was meant, whatever its case, spaces and dashes; undefined for what cannot be one. */
export function canonicalUserCode(typed: string): string | undefined {
  if (typed.length > 4 * LENGTH) return undefined;
  const letters = typed.replace(/[\s-]/g, '').toUpperCase();
  return FORM.test(letters) ? `${letters.slice(0, LENGTH / 2)}-${letters.slice(LENGTH / 2)}` : undefined;
}
