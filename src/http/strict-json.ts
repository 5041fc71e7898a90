import { isUtf8 } from 'node:buffer';
import { Refused } from '../kernel/errors.js';
import { JsonStructure } from '../kernel/json-structure.js';

/**
 * Reads JSON that every reader reads alike: UTF-8, no member twice in one object, none called `__proto__`, no more depth,
 * values and members than a request needs (RFC 8259 section 4, ASVS 15.3.6). Throws Refused('invalid_request') for any
 * other text.
 */
export function strictJson(bytes: Buffer): unknown {
  const text = strictText(bytes);
  if (text === '') throw bad('the body is empty: send a JSON object');
  try {
    return JSON.parse(text);
  } catch {
    throw bad('the body is no JSON');
  }
}

/** The same without the parsing: a text that is none of that, but may be no JSON. Throws Refused('invalid_request'). */
export function strictText(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw bad('the body is not UTF-8');
  const text = bytes.toString('utf8');
  const problem = new JsonStructure({ what: 'the body', isStrict: true }).problem(text);
  if (problem !== undefined) throw bad(problem);
  return text;
}

const bad = (message: string): Refused => new Refused('invalid_request', { message });
