import { type Audited, type SecurityFinding, when } from '../config/security-check.js';
import { covers } from '../kernel/scopes.js';
import { AuthSettings } from './auth.settings.js';
import { TailscaleSettings } from './tailscale/tailscale.settings.js';

/** People whom a network or a proxy vouches for. */
export function vouchedChecks({ loaded: { snapshot: config } }: Audited): SecurityFinding[] {
  const { identityScopes } = config.get(AuthSettings);
  const isGroup = (name: string): boolean => name === '*' || name.startsWith('*@');
  const admins = Object.entries(identityScopes).filter(
    ([name, scopes]) => isGroup(name) && covers(scopes, 'operator.admin'),
  );
  const { mode } = config.get(TailscaleSettings);
  return when(
    [
      admins.length > 0,
      {
        code: 'identity_scopes_admin',
        severity: admins.some(([name]) => name === '*') ? 'critical' : 'warn',
        title: 'A whole group of people are administrators because somebody else names them',
        evidence: `gateway.auth.identityScopes gives operator.admin to ${admins.map(([name]) => name).join(', ')}`,
        remedy: 'give operator.admin to single users there',
      },
    ],
    [
      mode === 'funnel',
      {
        code: 'tailscale_funnel',
        severity: 'warn',
        title: 'The gateway is open to the whole internet, behind one password',
        evidence: 'gateway.tailscale.mode is "funnel"',
        remedy: 'use "serve" for your tailnet, or a TLS proxy and tokens for the internet',
      },
    ],
  );
}
