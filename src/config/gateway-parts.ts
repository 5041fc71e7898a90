import type { LoadRequest } from './load.js';
import type { SecurityCheck } from './security-check.js';

/** What is known of a whole gateway's configuration: what it may say, what must fit, what is needed when, what is unsafe. */
export interface GatewayParts extends Required<Pick<LoadRequest, 'settings' | 'rules' | 'surfaces'>> {
  readonly securityChecks: readonly SecurityCheck[];
}
