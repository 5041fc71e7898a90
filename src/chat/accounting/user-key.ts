import type { Identity } from '../../kernel/identity.js';

/**
 * Under which name a caller's use is kept: the id of a user, `service:<id>` of a machine's token, `tailscale:<login>` or
 * `trusted-proxy:<user>` (two people, whatever they are called; ASVS 6.8.1). Empty for whoever is no person: a house key,
 * this machine, a device.
 */
export function userKey({ method, subject }: Pick<Identity, 'method' | 'subject'>): string {
  switch (method) {
    case 'gateway-token':
      return subject;
    case 'tailscale':
    case 'trusted-proxy':
      return `${method}:${subject}`;
    case 'loopback':
    case 'device-token':
    case 'token':
    case 'password':
      return '';
  }
}
