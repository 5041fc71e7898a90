import type { ConfigSnapshot } from '../config/settings.js';
import { HOUSE_TENANT, type Identity, type Method } from '../kernel/identity.js';
import { ALL_SCOPES, type Scope } from '../kernel/scopes.js';
import { AuthSettings } from './auth.settings.js';

/** Whoever holds a house key: no person, everything allowed unless `sharedSecretScopes` narrows it. */
export function houseIdentity(method: Method, config: ConfigSnapshot, credential: string = method): Identity {
  const scopes = config.get(AuthSettings).sharedSecretScopes ?? ALL_SCOPES;
  return { method, subject: method, tenantId: HOUSE_TENANT, role: 'operator', scopes, credential };
}

/** Somebody vouched for from outside: no admin unless the configuration says so. */
export function vouchedIdentity(method: Method, user: string, config: ConfigSnapshot): Identity {
  return {
    method,
    subject: user,
    user,
    tenantId: HOUSE_TENANT,
    role: 'operator',
    scopes: scopesOf(user, config),
    credential: `${method}:${user}`,
  };
}

const VOUCHED_SCOPES: readonly Scope[] = ['operator.read', 'operator.write'];

function scopesOf(user: string, config: ConfigSnapshot): readonly Scope[] {
  const { identityScopes } = config.get(AuthSettings);
  const domain = `*@${user.split('@').at(-1)}`;
  const rule = [user, domain, '*'].find((name) => Object.hasOwn(identityScopes, name));
  return rule === undefined ? VOUCHED_SCOPES : identityScopes[rule]!;
}
