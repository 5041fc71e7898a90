import { isLoopback } from '../kernel/net.js';
import { GatewaySettings } from './gateway.settings.js';
import type { ConfigSnapshot } from './settings.js';

/** Whether anybody but this machine can open a connection to the gateway. */
export function isReachable(config: ConfigSnapshot): boolean {
  const { bind, customBindHost } = config.get(GatewaySettings);
  return bind !== 'loopback' && !(bind === 'custom' && isLoopback(customBindHost ?? ''));
}

/** Whether a range of trusted proxies holds more than a network of one house (`/24`, IPv6 `/64`). */
export function isWide(entry: string): boolean {
  const [address, prefix] = entry.split('/');
  return prefix !== undefined && Number(prefix) < (address!.includes(':') ? 64 : 24);
}
