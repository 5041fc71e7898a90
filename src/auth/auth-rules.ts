import { GatewaySettings } from '../config/gateway.settings.js';
import type { ConfigSnapshot } from '../config/settings.js';
import type { FieldError } from '../kernel/errors.js';
import { AuthSettings } from './auth.settings.js';
import { PasswordSettings } from './strategies/password.strategy.js';
import { TokenSettings } from './strategies/token.strategy.js';
import { trustedProxyRules, usesTrustedProxy } from './strategies/trusted-proxy.strategy.js';
import { tailscalePolicy, tailscaleRules } from './tailscale/tailscale.settings.js';

const MAKE_TOKEN = 'Set gateway.auth.token or DOORWARD_GATEWAY_TOKEN (make one with `openssl rand -hex 32`)';

/** What must fit together in the settings of the chain. */
export function authRules(config: ConfigSnapshot): FieldError[] {
  const { mode } = config.get(AuthSettings);
  const errors = [...trustedProxyRules(config), ...tailscaleRules(config)];

  if (mode === 'token' && !config.get(TokenSettings).token && !namesPeople(config)) {
    errors.push({ path: 'gateway.auth.token', message: `is needed by gateway.auth.mode "token". ${MAKE_TOKEN}` });
  }
  if (mode === 'password' && !config.get(PasswordSettings).password) {
    const message = 'is needed by gateway.auth.mode "password". Set gateway.auth.password or DOORWARD_GATEWAY_PASSWORD';
    errors.push({ path: 'gateway.auth.password', message });
  }
  if (mode === 'none' && config.get(GatewaySettings).bind !== 'loopback') {
    const message = `"none" is for a gateway that only this machine reaches (gateway.bind "loopback"). ${MAKE_TOKEN}`;
    errors.push({ path: 'gateway.auth.mode', message });
  }
  return errors;
}

/** Whether anybody but this machine has a way in that the configuration itself provides. */
export function hasCredential(config: ConfigSnapshot): boolean {
  const { mode } = config.get(AuthSettings);
  if (mode === 'none') return false;
  const secret = config.get(TokenSettings).token ?? config.get(PasswordSettings).password;
  return secret !== undefined || namesPeople(config) || usesTrustedProxy(config);
}

function namesPeople(config: ConfigSnapshot): boolean {
  return tailscalePolicy(config).identity !== 'disabled';
}
