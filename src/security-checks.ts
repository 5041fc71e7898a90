import { accountChecks } from './accounts/accounts.checks.js';
import { houseKeyChecks } from './auth/house-key.checks.js';
import { loopbackChecks } from './auth/loopback.checks.js';
import { proxyChecks } from './auth/proxy.checks.js';
import { transportChecks } from './auth/transport.checks.js';
import { vouchedChecks } from './auth/vouched.checks.js';
import { fileModes } from './config/file.checks.js';
import type { SecurityCheck } from './config/security-check.js';
import { secretChecks } from './secrets/secret.checks.js';

/** Everything that `security audit` looks at, in the order in which it is shown. */
export const SECURITY_CHECKS: readonly SecurityCheck[] = [
  transportChecks, // how credentials travel
  loopbackChecks, //  who is this machine itself
  proxyChecks, //     whose word counts
  houseKeyChecks, //  what opens the house
  vouchedChecks, //   for whom others vouch
  accountChecks, //   who becomes a user
  secretChecks, //    where secrets come from
  fileModes, //       who else on this machine
];
