import { hostName, isLocalName } from '../../kernel/net.js';

/** Whether something may be fetched there: over TLS, or on this machine, and with no password in the address. */
export function isSafeAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, host, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLocalName(hostName(host)));
}
