import type { ConfigSnapshot } from '../config/settings.js';
import type { Method } from '../kernel/identity.js';
import { AuthSettings } from './auth.settings.js';
import type { AuthStrategy } from './auth-strategy.js';
import { tailscalePolicy } from './tailscale/tailscale.settings.js';

/** The methods that this configuration asks, in order. Kept with the snapshot: every request needs it. */
export function chainOf(strategies: readonly AuthStrategy[], config: ConfigSnapshot): readonly Method[] {
  let chain = known.get(config);
  if (!chain) known.set(config, (chain = assemble(strategies, config)));
  return chain;
}

const known = new WeakMap<ConfigSnapshot, readonly Method[]>();

function assemble(strategies: readonly AuthStrategy[], config: ConfigSnapshot): readonly Method[] {
  const only = onlyMethod(config);
  if (only) return [only];
  return strategies.filter((strategy) => strategy.isConfigured(config)).map((strategy) => strategy.method);
}

/** One mode, one path: these two leave no other way in, not even from the machine itself (S038, S055). */
function onlyMethod(config: ConfigSnapshot): Method | undefined {
  if (config.get(AuthSettings).mode === 'trusted-proxy') return 'trusted-proxy';
  if (tailscalePolicy(config).identity === 'require') return 'tailscale';
  return undefined;
}
