import { canonicalAddress, wasForwarded } from '../../kernel/net.js';
import type { Evidence } from '../evidence.js';

const SET_BY_SERVE = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'] as const;

/** Whether Tailscale Serve stands before us: the caller's address, or why it does not. */
export type ServeHop = { readonly address: string } | { readonly reason: string };

/**
 * Serve calls from loopback, replaces whatever the caller sent in X-Forwarded-For by the one address that it has
 * seen, and says which host and which scheme. Several hops, or the mark of another proxy, mean that somebody else
 * wrote that header: then there is no telling whose address it holds (S050, S051, S054).
 */
export function serveHop({ fromLoopback, headers }: Evidence): ServeHop {
  if (!fromLoopback) return { reason: 'the peer is not on this machine' };

  const missing = SET_BY_SERVE.filter((name) => String(headers[name] ?? '').trim() === '');
  if (missing.length > 0) return { reason: `not from Tailscale Serve: ${missing.join(', ')} missing` };
  if (headers['tailscale-funnel-request'] !== undefined) return { reason: 'through Funnel, which knows no names' };

  const others = Object.fromEntries(Object.entries(headers).filter(([name]) => !isSetByServe(name)));
  if (wasForwarded(others)) return { reason: 'another proxy stands in between' };

  const address = canonicalAddress(String(headers['x-forwarded-for']).trim());
  return address === undefined ? { reason: 'x-forwarded-for is not one address' } : { address };
}

function isSetByServe(name: string): boolean {
  return (SET_BY_SERVE as readonly string[]).includes(name);
}
