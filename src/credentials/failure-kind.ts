/** Why a model provider did not answer as asked. */
export const FAILURE_KINDS = [
  'auth',
  'auth_permanent',
  'billing',
  'rate_limit',
  'overloaded',
  'timeout',
  'format',
  'model_not_found',
  'session_expired',
  'unknown',
] as const;

export type FailureKind = (typeof FAILURE_KINDS)[number];

/** What a provider said: its status (0: it could not be reached) and the words of its error. */
export interface ProviderAnswer {
  readonly status: number;
  readonly message: string;
}

/** The words for "too much just now": only these send a request to the next key (document 003). */
const RATE_LIMIT =
  /rate[_ ]limit|\b429\b|quota[_ ]exceeded|exceeded your current quota|resource[_ ](has been )?exhausted|too many requests/i;
const BILLING =
  /credit balance|insufficient[_ ](credits?|quota|funds)|payment required|billing (is )?disabled|billing_hard_limit|\b402\b/i;
const PERMANENT =
  /(key|token|account|organi[sz]ation).{0,40}(revoked|deactivated|disabled|suspended|deleted)|invalid_grant|refresh_token_(reused|invalidated)/i;
const SESSION = /session (has )?expired|please (log|sign) in again/i;
const MODEL = /model.{0,60}(not found|does not exist|not available|not supported)|unknown model|model_not_found/i;
/** What Anthropic says to a subscription's token outside of Claude Code (document 000). */
const ONLY_CLAUDE_CODE = /only authorized for use with claude code/i;
const OVERLOADED = /overloaded|capacity|temporarily unavailable/i;

/** The first line that fits decides: what the words say is surer than the status, for providers differ in the latter. */
// prettier-ignore
const RULES: readonly (readonly [FailureKind, (answer: ProviderAnswer) => boolean])[] = [
  ['billing',         ({ status, message }) => status === 402 || BILLING.test(message)],
  ['rate_limit',      ({ status, message }) => status === 429 || isRateLimit(message)],
  ['session_expired', ({ message }) => SESSION.test(message)],
  ['auth_permanent',  ({ status, message }) => isRefusal(status) && PERMANENT.test(message)],
  ['auth',            ({ status, message }) => status === 401 || status === 403 || ONLY_CLAUDE_CODE.test(message)],
  ['model_not_found', ({ status, message }) => status === 404 || MODEL.test(message)],
  ['timeout',         ({ status }) => [0, 408, 502, 504, 522, 524].includes(status)],
  ['overloaded',      ({ status, message }) => [500, 503, 529].includes(status) || OVERLOADED.test(message)],
  ['format',          ({ status }) => [400, 413, 415, 422].includes(status)],
];

/** What kind of failure an answer is (reference F.4). */
export function failureKind(answer: ProviderAnswer): FailureKind {
  return RULES.find(([, fits]) => fits(answer))?.[0] ?? 'unknown';
}

/** Whether these words send a request on to the next key of the environment (reference F.6). */
export function isRateLimit(message: string): boolean {
  return RATE_LIMIT.test(message);
}

/** What to do about a failure, where the provider's own words do not say. */
export function remedyFor(message: string): string | undefined {
  if (!ONLY_CLAUDE_CODE.test(message)) return undefined;
  return 'this credential works in Claude Code alone: use an Anthropic API key (doorward models auth add --provider anthropic)';
}

function isRefusal(status: number): boolean {
  return status === 400 || status === 401 || status === 403;
}
