/** Where the members of a JSON object stand in its bytes. */
export interface TopLevel {
  readonly members: readonly Member[];
  /** Where the closing brace of the object stands. */
  readonly end: number;
}

export interface Member {
  readonly key: string;
  /** The first byte of the value, and the first after it. */
  readonly from: number;
  readonly to: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;

const opens = (byte: number): boolean => byte === 0x7b || byte === 0x5b;
const closes = (byte: number): boolean => byte === 0x7d || byte === 0x5d;
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/**
 * Finds the members of an object that is known to be JSON, without parsing what they hold; undefined for anything else.
 * Long texts are skipped by native search: a picture of megabytes costs next to nothing.
 */
export function topLevel(bytes: Buffer): TopLevel | undefined {
  const members: Member[] = [];
  let at = skipSpaces(bytes, 0);
  if (bytes[at] !== 0x7b) return undefined;
  at = skipSpaces(bytes, at + 1);
  while (bytes[at] === QUOTE) {
    const afterKey = endOfText(bytes, at);
    const key = keyOf(bytes, at, afterKey);
    at = skipSpaces(bytes, afterKey);
    if (key === undefined || bytes[at] !== COLON) return undefined;
    const from = skipSpaces(bytes, at + 1);
    const to = endOfValue(bytes, from);
    members.push({ key, from, to });
    at = skipSpaces(bytes, to);
    if (bytes[at] === COMMA) at = skipSpaces(bytes, at + 1);
  }
  return bytes[at] === 0x7d ? { members, end: at } : undefined;
}

function keyOf(bytes: Buffer, from: number, to: number): string | undefined {
  const escape = bytes.indexOf(BACKSLASH, from);
  if (escape === -1 || escape >= to) return bytes.toString('utf8', from + 1, to - 1);
  try {
    return JSON.parse(bytes.toString('utf8', from, to)) as string;
  } catch {
    return undefined; // broken off: no JSON after all
  }
}

function skipSpaces(bytes: Buffer, from: number): number {
  let at = from;
  while (isSpace(bytes[at]!)) at += 1;
  return at;
}

/** The first byte after the value that begins at `from`. */
export function endOfValue(bytes: Buffer, from: number): number {
  let depth = 0;
  let at = from;
  let end = from;
  for (; at < bytes.length;) {
    const byte = bytes[at]!;
    if (depth === 0 && (byte === COMMA || closes(byte))) return end;
    if (opens(byte)) depth += 1;
    else if (closes(byte)) depth -= 1;
    at = byte === QUOTE ? endOfText(bytes, at) : at + 1;
    if (!isSpace(byte)) end = at;
  }
  return end;
}

/** The first byte after a text that begins at `from`. */
function endOfText(bytes: Buffer, from: number): number {
  for (let quote = bytes.indexOf(QUOTE, from + 1); quote !== -1; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let slashes = 0;
    while (bytes[quote - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
  }
  return bytes.length;
}
