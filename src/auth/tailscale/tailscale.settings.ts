import { IsBoolean, IsIn, IsOptional, Matches } from 'class-validator';
import { GatewaySettings } from '../../config/gateway.settings.js';
import { type ConfigSnapshot, Setting, Settings } from '../../config/settings.js';
import type { FieldError } from '../../kernel/errors.js';
import { isLoopback } from '../../kernel/net.js';
import { type AuthMode, AuthSettings } from '../auth.settings.js';
import { PasswordSettings } from '../strategies/password.strategy.js';
import { TokenSettings } from '../strategies/token.strategy.js';

/** Three words for how the gateway is published, three for who is believed; one key has always taken both. */
export const TAILSCALE_MODES = ['off', 'serve', 'funnel', 'enabled', 'require', 'disabled'] as const;
export type TailscaleMode = (typeof TAILSCALE_MODES)[number];

const ABSOLUTE = { message: 'must be an absolute path' };
const ABSOLUTE_PATH = /^(\/|[A-Za-z]:[\\/]|\\\\)/;

@Settings('gateway.tailscale')
export class TailscaleSettings {
  @Setting({ env: 'GATEWAY_TAILSCALE_MODE' })
  @IsIn(TAILSCALE_MODES)
  mode: TailscaleMode = 'off';

  /** Whether what `serve` or `funnel` published is taken back at shutdown. */
  @IsBoolean()
  resetOnExit = false;

  /** The socket of tailscaled, where it is not in its usual place. */
  @IsOptional()
  @Matches(ABSOLUTE_PATH, ABSOLUTE)
  socket?: string;

  /** The `tailscale` program, where it is not on the PATH. */
  @IsOptional()
  @Matches(ABSOLUTE_PATH, ABSOLUTE)
  command?: string;
}

@Settings('gateway.auth')
export class TailscaleAuthSettings {
  /** Unset: as the mode says. */
  @IsOptional()
  @IsBoolean()
  allowTailscale?: boolean;
}

export interface TailscalePolicy {
  /** Who publishes the gateway on the tailnet: nobody, we with `serve` or `funnel`, or somebody else (`external`). */
  readonly exposure: 'off' | 'serve' | 'funnel' | 'external';
  /** Where people of the tailnet come in by their name: nowhere, WebSocket alone, everywhere, or as the only way in. */
  readonly identity: 'disabled' | 'websocket' | 'enabled' | 'require';
}

/**
 * What the mode word and `allowTailscale` mean together. Plain `serve` never opens HTTP to a name (S047); a mode that
 * is about one credential (password, trusted-proxy) lets `serve` publish only, unless `allowTailscale` asks for more.
 */
export function tailscalePolicy(config: ConfigSnapshot): TailscalePolicy {
  const { allowTailscale: allowed } = config.get(TailscaleAuthSettings);

  switch (config.get(TailscaleSettings).mode) {
    case 'off':
      return { exposure: 'off', identity: allowed ? 'websocket' : 'disabled' };
    case 'serve': {
      const authMode = effectiveMode(config);
      const implied = authMode !== 'password' && authMode !== 'trusted-proxy';
      return { exposure: 'serve', identity: (allowed ?? implied) ? 'websocket' : 'disabled' };
    }
    case 'funnel': // the public internet has no names
      return { exposure: 'funnel', identity: 'disabled' };
    case 'enabled':
      return { exposure: 'external', identity: allowed === false ? 'disabled' : 'enabled' };
    case 'require':
      return { exposure: 'external', identity: 'require' };
    case 'disabled':
      return { exposure: 'off', identity: 'disabled' };
  }
}

/** The mode; a password without a token makes one of an unset mode. */
function effectiveMode(config: ConfigSnapshot): AuthMode | undefined {
  const { mode } = config.get(AuthSettings);
  if (mode !== undefined || config.get(TokenSettings).token !== undefined) return mode;
  return config.get(PasswordSettings).password === undefined ? undefined : 'password';
}

/** What must not stand together. Each error names the key and the remedy. */
export function tailscaleRules(config: ConfigSnapshot): FieldError[] {
  const { mode } = config.get(TailscaleSettings);
  const errors: FieldError[] = [];

  if ((mode === 'serve' || mode === 'funnel') && !listensOnLoopback(config)) {
    errors.push({
      path: 'gateway.bind',
      message: `must be "loopback" while gateway.tailscale.mode is "${mode}": Tailscale itself brings the callers in. Set gateway.bind to "loopback", or gateway.tailscale.mode to "enabled" and publish the gateway yourself`,
    });
  }
  if (mode === 'funnel' && effectiveMode(config) !== 'password') {
    errors.push({
      path: 'gateway.tailscale.mode',
      message:
        '"funnel" opens the gateway to the whole internet and needs gateway.auth.mode "password". Set that and gateway.auth.password, or use "serve"',
    });
  }
  if (mode === 'require' && config.get(TailscaleAuthSettings).allowTailscale === false) {
    errors.push({
      path: 'gateway.auth.allowTailscale',
      message:
        'is false while gateway.tailscale.mode is "require": nobody could come in. Remove gateway.auth.allowTailscale, or set gateway.tailscale.mode to "disabled"',
    });
  }
  return errors;
}

function listensOnLoopback(config: ConfigSnapshot): boolean {
  const { bind, customBindHost } = config.get(GatewaySettings);
  return bind === 'loopback' || (bind === 'custom' && isLoopback(customBindHost ?? ''));
}
