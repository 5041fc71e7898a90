import ipaddr from 'ipaddr.js';
import { type AddressSet, canonicalAddress, isLoopback } from './net.js';
import { isThisMachine } from './safe-endpoint.js';

/** What an address is to somebody who sends secrets there. */
export type Reach = 'public' | 'private' | 'loopback' | 'never';

/** Where clouds hand out the credentials of a machine, and no range says so. */
const METADATA: ReadonlySet<string> = new Set([
  '100.100.100.200', // Alibaba
  '168.63.129.16', //   Azure
  'fd00:ec2::254', //   Amazon
  'fd20:ce::254', //    Google
]);

const PRIVATE: ReadonlySet<string> = new Set(['private', 'carrierGradeNat', 'uniqueLocal', 'benchmarking']);

/** What an address is, whichever way it is written; `never` for whatever is no address of a server. */
export function reachOf(address: string): Reach {
  const canonical = canonicalAddress(address);
  if (canonical === undefined || METADATA.has(canonical)) return 'never';
  if (isLoopback(canonical)) return 'loopback';
  const parsed = ipaddr.parse(canonical);
  const range: string = parsed.range();
  if (range === 'rfc6052') return reachThroughIPv6(parsed.toByteArray());
  if (PRIVATE.has(range)) return 'private';
  return range === 'unicast' && isAssigned(parsed) ? 'public' : 'never';
}

/**
 * A network without IPv4 reaches it through such an address: what counts is where that leads. The last four bytes say it
 * after a prefix of 96 bits (RFC 6052 section 2.2); after a shorter one (RFC 8215) nobody outside can tell.
 */
function reachThroughIPv6(bytes: readonly number[]): Reach {
  if (bytes.slice(6, 12).some((byte) => byte !== 0)) return 'never';
  return reachOf(bytes.slice(12).join('.'));
}

/** No server has an IPv6 address outside of 2000::/3 (RFC 4291 section 2.4), ::a9fe:a9fe for 169.254.169.254 least of all. */
function isAssigned(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return address.kind() === 'ipv4' || address.toByteArray()[0]! >> 5 === 1;
}

/**
 * Where the gateway may send what a provider is asked (S179, contract section 7): to public addresses over TLS, to
 * private networks that the configuration lists, to this machine where the address itself says so. Never to link-local
 * addresses, those of metadata services, multicast, or nothing at all, whatever is listed.
 */
export class Destinations {
  constructor(private readonly privateNetworks: AddressSet) {}

  /**
   * Why nothing may be sent to `address`, or undefined. `hostname` is the host of the URL that led there, as `URL`
   * spells it: a name that somebody else makes resolve to this machine is not this machine.
   */
  refusal(url: { readonly hostname: string; readonly protocol: string }, address: string): string | undefined {
    const reach = reachOf(address);
    if (reach === 'never') return 'is an address that no provider has: link-local, metadata, multicast or reserved';
    if (reach === 'loopback' && isThisMachine(url.hostname)) return undefined;
    if (reach !== 'public') {
      if (this.privateNetworks.has(canonicalAddress(address)!)) return undefined;
      return `is ${reach === 'private' ? 'a private address' : 'an address of this machine'}; list it in models.allowPrivateNetworks if it is meant`;
    }
    if (url.protocol === 'https:') return undefined;
    return 'is reached over plain http, which shows the key to everybody on the way; use https';
  }
}
