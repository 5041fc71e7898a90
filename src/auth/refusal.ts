import type { ErrorCode } from '../kernel/errors.js';
import type { Method } from '../kernel/identity.js';
import type { Attempt } from './attempt.js';

/** The methods that judge a secret. */
const SECRET_METHODS: readonly Method[] = ['device-token', 'gateway-token', 'token', 'password'];

const judgesSecrets = (method: Method): boolean => SECRET_METHODS.includes(method);

/** The one code for a caller whom no method took. Which method almost matched stays in the trace. */
export function refusalCode(attempt: Attempt, chain: readonly Method[]): ErrorCode {
  if (attempt.undecided) return 'auth_unavailable';

  const { token, password, deviceToken } = attempt.evidence.presented;
  const speaksPassword = chain.includes('password') && !chain.includes('token');
  if (chain.some(judgesSecrets)) {
    if (token !== undefined) return speaksPassword ? 'password_mismatch' : 'token_mismatch';
    if (password !== undefined) return 'password_mismatch';
    if (deviceToken !== undefined) return 'device_token_mismatch';
  }
  const declined = attempt.steps.findLast((step) => step.code !== undefined);
  return declined?.code ?? (speaksPassword ? 'password_missing' : 'token_missing');
}

/**
 * How many wrong secrets this caller showed: each different one counts once, however many methods looked at it
 * (S133), also when somebody else vouched for the caller in the end (S018, S130). Nothing shown counts nothing; nor
 * does a stale secret beside a good one, or one that was ours and is no longer good: that cannot be a guess.
 */
export function wrongSecrets({ evidence, steps, undecided }: Attempt): number {
  let wrong = false;
  for (const { method, verdict } of steps) {
    if (!judgesSecrets(method)) continue;
    if (verdict === 'succeeded' || verdict === 'refused') return 0;
    if (verdict === 'not mine') wrong = true;
  }
  return wrong && !undecided ? evidence.secrets.length : 0;
}
