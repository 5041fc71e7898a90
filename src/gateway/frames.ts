import type { RawData } from 'ws';
import { Refused } from '../kernel/errors.js';
import { MAX_DEPTH } from './protocol.js';

/** One call of a client, whichever dialect it came in. */
export interface Call {
  /** What the answer is to carry; a number and null exist in JSON-RPC only. */
  readonly id: CallId;
  readonly method: string;
  /** As sent: undefined, an object, or (JSON-RPC) an array. */
  readonly params: unknown;
  /** No answer is wanted, not even an error. */
  readonly notification: boolean;
}

export type CallId = string | number | null;

/** A frame, or an entry of a batch, that is no call; answered with its error. */
export class Malformed {
  constructor(
    readonly refused: Refused,
    /** The id, where there was one to be read. */
    readonly id: CallId = null,
  ) {}
}

export type Entry = Call | Malformed;

/**
 * The JSON value of a text frame. Throws Refused: `parse_error` for what is no JSON, `invalid_frame` for a binary frame
 * or one nested too deeply.
 */
export function decode(data: RawData, isBinary: boolean): unknown {
  if (isBinary) throw new Refused('invalid_frame', { message: 'invalid request frame: send text, not binary' });
  const bytes = data as Buffer;
  if (bytes.length > MAX_DEPTH && isTooDeep(bytes)) {
    throw new Refused('invalid_frame', { message: `invalid request frame: nested more than ${MAX_DEPTH} deep` });
  }
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    throw new Refused('parse_error');
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Counts brackets outside of strings, before the parser makes an object of each (S208). */
function isTooDeep(bytes: Buffer): boolean {
  let depth = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i];
    if (byte === QUOTE) i = endOfString(bytes, i + 1);
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1;
  }
  return false;
}

/** Index of the closing quote, or the end of the bytes. Finding the quote is native code, so long texts cost little. */
function endOfString(bytes: Buffer, from: number): number {
  for (let end = bytes.indexOf(QUOTE, from); end !== -1; end = bytes.indexOf(QUOTE, end + 1)) {
    let backslashes = 0;
    while (bytes[end - 1 - backslashes] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return bytes.length;
}

/** Whether a parsed value is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
