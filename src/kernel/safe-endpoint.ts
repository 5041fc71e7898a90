import { isIP } from 'node:net';
import { isLoopback } from './net.js';

/**
 * Whether credentials, codes and keys may be sent to an address or fetched from it: over TLS, or on this very machine,
 * and with no user or password in it, for those would stand in every log line.
 */
export function isSafeEndpoint(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, username, password } = new URL(address);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isThisMachine(hostname));
}

/** Whether a host, as `URL` spells it, is a name or an address of this machine; `127.example.com` is neither. */
export function isThisMachine(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  return host === 'localhost' || (isIP(host) !== 0 && isLoopback(host));
}
