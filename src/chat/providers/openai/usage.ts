import { openAiTokens, type Tokens } from '../../forwarding/tokens.js';
import { topLevel } from './top-level.js';

const USAGE = Buffer.from('"usage"');
const OPENING = 0x7b;
const SPACES = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** Whether counters may stand in these bytes: `"usage"` with an object. Inside of texts its quotes would be escaped. */
export function mentionsUsage(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(USAGE); at !== -1; at = bytes.indexOf(USAGE, at + USAGE.byteLength)) {
    let next = at + USAGE.byteLength;
    while (SPACES.has(bytes[next]!)) next += 1;
    if (bytes[next] === 0x3a) next += 1;
    while (SPACES.has(bytes[next]!)) next += 1;
    if (bytes[next] === OPENING) return true;
  }
  return false;
}

/** What a whole answer says it has used, read without parsing the rest of it. */
export function tokensIn(body: Buffer): Tokens | undefined {
  if (!mentionsUsage(body)) return undefined;
  const member = topLevel(body)?.members.findLast(({ key }) => key === 'usage');
  if (!member) return undefined;
  return openAiTokens(JSON.parse(body.toString('utf8', member.from, member.to)));
}
