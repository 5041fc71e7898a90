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
const OPEN = new Set([0x7b, 0x5b]);
const CLOSE = new Set([0x7d, 0x5d]);
const COMMA = 0x2c;
const COLON = 0x3a;
const SPACES = new Set([0x20, 0x09, 0x0a, 0x0d]);

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
    const key = keyOf(bytes.toString('utf8', at, afterKey));
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

function keyOf(text: string): string | undefined {
  try {
    return JSON.parse(text) as string;
  } catch {
    return undefined; // broken off: no JSON after all
  }
}

function skipSpaces(bytes: Buffer, from: number): number {
  let at = from;
  while (SPACES.has(bytes[at]!)) at += 1;
  return at;
}

/** The first byte after a value: where its object goes on or ends. */
function endOfValue(bytes: Buffer, from: number): number {
  let depth = 0;
  let at = from;
  let end = from;
  for (; at < bytes.length;) {
    const byte = bytes[at]!;
    if (depth === 0 && (byte === COMMA || CLOSE.has(byte))) return end;
    if (OPEN.has(byte)) depth += 1;
    if (CLOSE.has(byte)) depth -= 1;
    at = byte === QUOTE ? endOfText(bytes, at) : at + 1;
    if (!SPACES.has(byte)) end = at;
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
