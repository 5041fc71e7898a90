import { Refused } from '../kernel/errors.js';

/** Whose credentials they are when nobody says otherwise. */
export const MAIN_AGENT = 'main';

const AGENT_ID = /^[a-z0-9][a-z0-9_-]{0,63}$/i;

/** An agent's id in its one spelling; it becomes the name of a folder. Throws Refused('invalid_request') for any other text. */
export function agentId(text: string): string {
  if (AGENT_ID.test(text)) return text.toLowerCase();
  const message = 'must be 1 to 64 letters, digits, - or _, and begin with a letter or digit';
  throw new Refused('invalid_request', { message: `the agent id ${message}`, fields: [{ path: 'agent', message }] });
}
