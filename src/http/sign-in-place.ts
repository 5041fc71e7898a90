import type { SignIn } from '../accounts/user-sessions.service.js';
import type { Evidence } from '../auth/evidence.js';

/** From where somebody signs in, as the rows remember it. */
export function placeOf(evidence: Evidence): Omit<SignIn, 'method'> {
  const { source: address, requestId, headers } = evidence;
  return { address, requestId, userAgent: headers['user-agent'] };
}
