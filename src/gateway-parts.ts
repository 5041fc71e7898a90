import type { GatewayParts } from './config/gateway-parts.js';
import { SURFACES } from './secret-surfaces.js';
import { SECURITY_CHECKS } from './security-checks.js';
import { RULES, SETTINGS } from './settings.js';

/** The lists of this gateway, together. */
export const GATEWAY_PARTS: GatewayParts = {
  settings: SETTINGS,
  rules: RULES,
  surfaces: SURFACES,
  securityChecks: SECURITY_CHECKS,
};
