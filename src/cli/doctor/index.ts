import type { Check } from './check.js';
import { configuration, filesOfConfiguration, gatewayAuth, security } from './configuration.js';
import { legacyProfiles } from './legacy-profiles.js';
import { credentials, expiries, references, restingProfiles } from './logins.js';
import { runningGateway } from './running.js';
import { secrets } from './secrets.js';
import { stores } from './stores.js';

/** What doctor looks at, in the order in which it is shown: what keeps a gateway from starting comes first. */
export const CHECKS: readonly Check[] = [
  configuration,
  filesOfConfiguration,
  gatewayAuth,
  security,
  stores,
  legacyProfiles,
  references,
  secrets,
  credentials,
  expiries,
  restingProfiles,
  runningGateway,
];
