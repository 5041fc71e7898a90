import type { Evidence } from '../../auth/evidence.js';
import { Refused } from '../../kernel/errors.js';
import type { Identity } from '../../kernel/identity.js';
import { covers } from '../../kernel/scopes.js';

/** What a request says beside its body, by the headers that say it; the first one names it in errors. */
const HEADERS = {
  agent: ['x-openclaw-agent-id', 'x-openclaw-agent', 'x-doorward-agent-id', 'x-doorward-agent'],
  override: ['x-openclaw-model', 'x-doorward-model'],
  session: ['x-openclaw-session-key', 'x-doorward-session-key'],
} as const;

/** The headers that say which agent and which model, as errors name them. */
export const WORD_PLACES = { agent: HEADERS.agent[0], override: HEADERS.override[0] } as const;

/** Sessions that the family keeps to itself (reference G.2). */
const RESERVED = /^(?:subagent|cron|acp):/i;

const SESSION_KEY = /^[\x21-\x7e]{1,256}$/;

/** The headers of the family, and ours with the same meaning. */
export interface CallerWords {
  readonly agent?: string;
  readonly override?: string;
  readonly session?: string;
}

/**
 * Reads them. Throws Refused('invalid_request') for two that contradict each other, and for a key that none may choose;
 * Refused('missing_scope') where another model is put in an agent's place by whom that is not open to (reference B.5).
 */
export function callerWords({ headers }: Pick<Evidence, 'headers'>, { scopes }: Pick<Identity, 'scopes'>): CallerWords {
  const agent = said(headers, HEADERS.agent);
  const override = said(headers, HEADERS.override);
  if (override !== undefined && !covers(scopes, 'operator.admin')) {
    throw new Refused('missing_scope', { scope: 'operator.admin' });
  }
  const session = said(headers, HEADERS.session);
  if (session !== undefined && (!SESSION_KEY.test(session) || RESERVED.test(session))) {
    throw wrong(
      'x-openclaw-session-key',
      'must be 1 to 256 printable ASCII characters, and none of subagent:, cron:, acp:',
    );
  }
  return { agent, override, session };
}

function said(headers: Evidence['headers'], names: readonly string[]): string | undefined {
  let found: string | undefined;
  for (const name of names) {
    const value = headers[name];
    if (value === undefined || value === '') continue;
    if (found !== undefined && value !== found) throw wrong(names[0]!, 'is said twice, differently');
    found = String(value);
  }
  return found;
}

function wrong(path: string, message: string): Refused {
  return new Refused('invalid_request', { message: `${path}: ${message}`, fields: [{ path, message }] });
}
