import type { ConfigSnapshot } from '../config/settings.js';
import { HOUSE_TENANT, type Identity, type Method } from '../kernel/identity.js';
import { ALL_SCOPES, covers, type Scope } from '../kernel/scopes.js';
import { AuthSettings } from './auth.settings.js';

/** Whoever holds a house key: no person, everything allowed unless `sharedSecretScopes` narrows it. */
export function houseIdentity(method: Method, config: ConfigSnapshot, credential: string = method): Identity {
  return { method, subject: method, tenantId: HOUSE_TENANT, role: 'operator', scopes: houseScopes(config), credential };
}

const houseScopes = (config: ConfigSnapshot): readonly Scope[] =>
  config.get(AuthSettings).sharedSecretScopes ?? ALL_SCOPES;

/** Somebody vouched for from outside, by the proxy at `vouchedBy` or by the tailnet: no admin unless the configuration says so. */
export function vouchedIdentity(method: Method, user: string, config: ConfigSnapshot, vouchedBy?: string): Identity {
  return {
    method,
    subject: user,
    user,
    tenantId: HOUSE_TENANT,
    role: 'operator',
    scopes: scopesOf(user, config),
    credential: vouchedBy === undefined ? `${method}:${user}` : `${method}:${user} by ${vouchedBy}`,
    vouchedBy,
  };
}

/** Whether the configuration still gives what an identity was given under an earlier one. What rows give, they take back. */
export function stillGiven({ method, subject, scopes }: Identity, config: ConfigSnapshot): boolean {
  if (method === 'gateway-token' || method === 'device-token') return true;
  const vouched = method === 'tailscale' || method === 'trusted-proxy';
  const given = vouched ? scopesOf(subject, config) : houseScopes(config);
  return scopes.every((scope) => covers(given, scope));
}

const VOUCHED_SCOPES: readonly Scope[] = ['operator.read', 'operator.write'];

function scopesOf(user: string, config: ConfigSnapshot): readonly Scope[] {
  const { identityScopes } = config.get(AuthSettings);
  const domain = `*@${user.split('@').at(-1)}`;
  const rule = [user, domain, '*'].find((name) => Object.hasOwn(identityScopes, name));
  return rule === undefined ? VOUCHED_SCOPES : identityScopes[rule]!;
}
