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

/** SQL for the id of the user whose key a text is, NULL for every other key: by it the index of ids is of use. */
export const userIdOf = (text: string): string =>
  `CASE WHEN ${text} ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN ${text}::uuid END`;
