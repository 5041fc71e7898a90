import { printable } from '../kernel/printable.js';

const KEY_ID = /^[0-9a-f]{64}$/;
const SHOWN = 16;

/** Enough of a device's id to compare by eye, in fours: `3f0c-5a8e-6f0e-4c1e`. A name that a device gave itself stays. */
export function fingerprint(id: unknown): string {
  const text = String(id);
  return KEY_ID.test(text) ? text.slice(0, SHOWN).match(/.{4}/g)!.join('-') : printable(text);
}

/** The beginning of an id that a person typed from a fingerprint, or undefined when it is none. */
export function beginningOf(typed: string): string | undefined {
  const hex = typed.replaceAll('-', '');
  return /^[0-9a-f]{4}(-?[0-9a-f]{4}){1,3}$/.test(typed) ? hex : undefined;
}
