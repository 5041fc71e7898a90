import { agentId } from '../../credentials/agent-id.js';
import { Refused } from '../../kernel/errors.js';

/** A session as its owner names it. */
export interface SessionName {
  readonly agent: string;
  readonly key: string;
}

/** The conversation that everybody has with an agent without having begun it. */
export const MAIN_KEY = 'main';

const OF_AGENT = /^agent:([^:]+):(.+)$/is;

const LONGEST = 512;

/** Whatever a person can see: no control characters, no line ends, nothing that turns text around. */
const KEY = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+$/u;

/**
 * Reads a session key of the family: `main`, any other name, or `agent:<agent>:<name>`. `agent` is whose it is where the
 * key does not say. Throws Refused('invalid_request').
 */
export function readSessionKey(text: string, agent: string): SessionName {
  const named = OF_AGENT.exec(text);
  const key = (named?.[2] ?? text).trim();
  if (key === '' || key.length > LONGEST || !KEY.test(key)) throw wrong();
  return { agent: agentId(named?.[1] ?? agent), key };
}

/** A key that means the same whoever's the default agent is. */
export function sessionKeyText({ agent, key }: SessionName): string {
  return `agent:${agent}:${key}`;
}

function wrong(): Refused {
  const message = `must be 1 to ${LONGEST} characters without control characters`;
  return new Refused('invalid_request', {
    message: `sessionKey: ${message}`,
    fields: [{ path: 'sessionKey', message }],
  });
}
