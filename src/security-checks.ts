import type { SecurityCheck } from './config/security-check.js';

/** Everything that `security audit` looks at, in the order in which it is shown. */
export const SECURITY_CHECKS: readonly SecurityCheck[] = [];
