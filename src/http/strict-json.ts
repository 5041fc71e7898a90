import { isUtf8 } from 'node:buffer';
import { Refused } from '../kernel/errors.js';

/** How much structure a text may have: deeper or more than any real request, and what bounds memory (S186, S208). */
const LIMITS = { depth: 100, values: 1_000_000, members: 10_000 } as const;

// prettier-ignore
const [QUOTE, COMMA, OPEN_LIST, BACKSLASH, CLOSE_LIST, OPEN, CLOSE] = [0x22, 0x2c, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d];

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
  const problem = structureProblem(text);
  if (problem !== undefined) throw bad(problem);
  return text;
}

/**
 * What is wrong with how the text is built; undefined also for what is no JSON at all: the parser says that. Runs before
 * it, so that nothing is built of what is refused.
 */
function structureProblem(text: string): string | undefined {
  const scopes: (Set<string> | undefined)[] = []; // the names so far; undefined in a list
  let values = 0;
  let isName = false;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(text, at);
        if (end === -1) return undefined;
        if (isName) {
          const problem = nameProblem(text.slice(at + 1, end), scopes.at(-1));
          if (problem !== undefined) return problem;
        }
        isName = false;
        at = end;
        break;
      }
      case OPEN:
      case OPEN_LIST: {
        isName = text.charCodeAt(at) === OPEN;
        if (scopes.push(isName ? new Set() : undefined) > LIMITS.depth) {
          return `the body is nested more than ${LIMITS.depth} deep`;
        }
        values += 1;
        break;
      }
      case CLOSE:
      case CLOSE_LIST:
        scopes.pop();
        isName = false;
        break;
      case COMMA:
        isName = scopes.at(-1) !== undefined;
        values += 1;
    }
    if (values > LIMITS.values) return `the body holds more than ${LIMITS.values} values`;
  }
  return undefined;
}

/** Where the string that begins at `start` ends; -1 when it does not. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1;
  while (text.charCodeAt(before) === BACKSLASH) before -= 1;
  return (at - before) % 2 === 0;
}

function nameProblem(written: string, names: Set<string> | undefined): string | undefined {
  const name = written.includes('\\') ? unescaped(written) : written;
  if (name === undefined || !names) return undefined; // no JSON: the parser says so
  if (name === '__proto__') return 'the body has a member "__proto__", which no request needs';
  if (names.has(name)) return `the body says ${JSON.stringify(name.slice(0, 64))} twice in one object: say it once`;
  // Names without end in one object cost ten times what as many values in lists do, here and in the parser (S208).
  if (names.size === LIMITS.members) return `the body has an object of more than ${LIMITS.members} members`;
  names.add(name);
  return undefined;
}

function unescaped(written: string): string | undefined {
  try {
    return JSON.parse(`"${written}"`) as string;
  } catch {
    return undefined;
  }
}

const bad = (message: string): Refused => new Refused('invalid_request', { message });
