import { openAiTokens, type Tokens } from '../../forwarding/tokens.js';
import { endOfValue } from './top-level.js';

/** Without the quote before it: a search stops at each byte that is the first of what it looks for. */
const USAGE = Buffer.from('usage"');
const QUOTE = 0x22;
const COLON = 0x3a;
const OPENING = 0x7b;

/** Where counters may stand in these bytes, from `from` on; -1 for nowhere. */
export function usageAt(bytes: Buffer, from = 0): number {
  let at = bytes.indexOf(USAGE, from);
  while (at !== -1 && valueAt(bytes, at) === undefined) at = bytes.indexOf(USAGE, at + 1);
  return at;
}

/** What a whole answer says it has used, read from its end without parsing the rest of it. */
export function tokensIn(body: Buffer): Tokens | undefined {
  for (let at = body.lastIndexOf(USAGE); at !== -1; at = at === 0 ? -1 : body.lastIndexOf(USAGE, at - 1)) {
    const from = valueAt(body, at);
    const tokens =
      from === undefined ? undefined : openAiTokens(JSON.parse(body.toString('utf8', from, endOfValue(body, from))));
    if (tokens) return tokens;
  }
  return undefined;
}

/** Where the object stands that `"usage"` names. Within texts its quotes would be escaped: a model cannot say it. */
function valueAt(bytes: Buffer, at: number): number | undefined {
  if (bytes[at - 1] !== QUOTE) return undefined;
  let next = skipSpaces(bytes, at + USAGE.byteLength);
  if (bytes[next] !== COLON) return undefined;
  next = skipSpaces(bytes, next + 1);
  return bytes[next] === OPENING ? next : undefined;
}

function skipSpaces(bytes: Buffer, from: number): number {
  let at = from;
  for (let byte = bytes[at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; byte = bytes[at])
    at += 1;
  return at;
}
