import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { Destinations } from '../../kernel/destinations.js';
import { ForbiddenDestination } from './connection-trouble.js';

/** How a name is looked up: Node's own `dns.lookup`, or a test's. */
export type Lookup = typeof lookup;

/**
 * Opens connections only to where providers may be: what a name resolves to is judged at the very moment of connecting,
 * and that address is the one that is used, so that a name cannot mean one thing when asked and another when used.
 * Certificates are checked whatever the environment says (S189).
 */
export function checkedConnector(
  destinations: () => Destinations,
  connectTimeoutMs: number,
  find: Lookup = lookup,
): buildConnector.connector {
  // One for each place, so that TLS sessions are taken up again.
  const connectors = new Map<string, buildConnector.connector>();
  return (options, callback) => {
    const url = { hostname: options.hostname, protocol: options.protocol };
    const host = options.hostname.replace(/^\[|\]$/g, '');
    const refuse = (address: string): string | undefined => destinations().refusal(url, address);
    const refusal = isIP(host) === 0 ? undefined : refuse(host);
    if (refusal !== undefined) return callback(new ForbiddenDestination(refusal), null);
    const place = `${options.protocol}//${options.hostname}`;
    let connect = connectors.get(place);
    if (!connect) {
      const traits = { timeout: connectTimeoutMs, rejectUnauthorized: true, lookup: checkedLookup(refuse, find) };
      connectors.set(place, (connect = buildConnector(traits)));
    }
    connect(options, callback);
  };
}

function checkedLookup(refuse: (address: string) => string | undefined, find: Lookup): LookupFunction {
  return (name, options, callback) => {
    find(name, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, []);
      const allowed = found.filter(({ address }) => refuse(address) === undefined);
      const [first] = allowed;
      if (!first) {
        const why = found[0] ? refuse(found[0].address) : 'resolves to nothing';
        return callback(new ForbiddenDestination(why!), []);
      }
      if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}
