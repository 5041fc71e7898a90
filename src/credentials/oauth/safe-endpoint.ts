import { isLoopback } from '../../kernel/net.js';

/** Whether codes and refresh tokens may be sent there: over TLS, or to this very machine. */
export function isSafeEndpoint(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, username, password } = new URL(address);
  if (username !== '' || password !== '') return false; // they would stand in every log line
  const host = hostname.replace(/^\[|\]$/g, '');
  return protocol === 'https:' || (protocol === 'http:' && (host === 'localhost' || isLoopback(host)));
}
