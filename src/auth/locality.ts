import { hostName, isLocalName, wasForwarded } from '../kernel/net.js';
import type { Evidence } from './evidence.js';
import { proxyHeaders } from './strategies/trusted-proxy.strategy.js';

/**
 * Why a loopback peer may still be somebody else: a same-host proxy, a rebound name, a web page. A page's foreign
 * Origin has been refused before; Sec-Fetch-Site tells of those that send none (S001, S003, S005, S051).
 */
export function whyNotLocal({ headers, config, fromLoopback }: Evidence): string | undefined {
  if (!fromLoopback) return 'the peer is another machine';
  if (!isLocalName(hostName(headers.host ?? ''))) return 'the Host is not this machine';
  if (wasForwarded(headers)) return 'the request was forwarded';
  if (config.once(proxyHeaders).some((name) => headers[name] !== undefined)) return 'the request came through a proxy';
  if (Object.keys(headers).some((name) => name.startsWith('tailscale-'))) return 'the request came through Tailscale';
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'the request was made by another site';
  return undefined;
}
