import type { IncomingHttpHeaders } from 'node:http';
import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** `::1.2.3.4`, deprecated and no IPv4 address (RFC 4291 section 2.5.5.1); the parser would take it for one. */
const COMPATIBLE = /^::(\d+\.\d+\.\d+\.\d+)$/;

/** The address in its one canonical spelling: IPv4-mapped IPv6 folded to IPv4, brackets, zone and port dropped. */
export function canonicalAddress(text: string): string | undefined {
  // Plain IPv4, which most addresses are, has one spelling only.
  if (isIPv4(text)) return text;
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? (/^[\d.]+:\d+$/.test(text) ? text.split(':')[0]! : text);
  const unzoned = bare.split('%')[0]!;
  if (!ipaddr.IPv4.isValidFourPartDecimal(unzoned) && !ipaddr.IPv6.isValid(unzoned)) return undefined;
  const last = COMPATIBLE.exec(unzoned)?.[1];
  if (last !== undefined) return ipaddr.IPv4.parse(last).toIPv4MappedAddress().toString().replace('ffff:', '');
  return ipaddr.process(unzoned).toString();
}

/** 127.0.0.0/8, ::1 and their mapped forms; nothing else is this machine (S011). */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/** What failures are counted on: an IPv4 address, an IPv6 /64, or one bucket for all that cannot be told apart. */
export function sourceKey(address: string | undefined): string {
  if (address === undefined) return 'unknown';
  if (!address.includes(':')) return address;
  const parts = ipaddr.IPv6.parse(address).parts.slice(0, 4);
  return parts.map((part) => part.toString(16)).join(':') + '::/64';
}

/** A set of addresses and CIDR ranges, v4 and v6. */
export class AddressSet {
  private readonly exact = new Set<string>();
  private readonly ranges: [ipaddr.IPv4 | ipaddr.IPv6, number][] = [];

  /** Throws a RangeError that names the entry which is neither an address nor a CIDR range. */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      if (!isAddressOrRange(entry)) throw new RangeError(`not an address or CIDR range: ${entry}`);
      if (entry.includes('/')) this.ranges.push(ipaddr.parseCIDR(entry));
      else this.exact.add(canonicalAddress(entry)!);
    }
  }

  get isEmpty(): boolean {
    return this.exact.size === 0 && this.ranges.length === 0;
  }

  has(address: string): boolean {
    if (this.exact.has(address)) return true;
    if (this.ranges.length === 0 || !ipaddr.isValid(address)) return false;
    const parsed = ipaddr.parse(address);
    return this.ranges.some((range) => parsed.kind() === range[0].kind() && parsed.match(range));
  }
}

export function isAddressOrRange(entry: string): boolean {
  return entry.includes('/') ? ipaddr.isValidCIDR(entry) : canonicalAddress(entry) === entry.toLowerCase();
}

/** Headers by which a proxy says that it stands in between. Any of them ends the claim to be local (S001). */
const FORWARDING_HEADERS = new Set([
  'forwarded',
  'x-real-ip',
  'via',
  'cf-connecting-ip',
  'true-client-ip',
  'x-client-ip',
]);

/** Proxies make up ever new ones of these: -for, -host, -proto, -user, -email, -uri … */
const FORWARDING_PREFIX = 'x-forwarded-';

export function wasForwarded(headers: IncomingHttpHeaders): boolean {
  for (const name in headers) {
    if (name.startsWith(FORWARDING_PREFIX) || FORWARDING_HEADERS.has(name)) return true;
  }
  return false;
}

/**
 * The caller's address: the peer itself, or, behind trusted proxies, the right-most hop of X-Forwarded-For that is
 * none of them (S029, S035). Undefined when a trusted proxy does not say: never the proxy's own address instead.
 */
export function clientAddress(
  peer: string,
  headers: IncomingHttpHeaders,
  trusted: AddressSet,
  allowRealIp = false,
): string | undefined {
  if (trusted.isEmpty || !trusted.has(peer)) return peer;

  const hops = [headers['x-forwarded-for'] ?? []]
    .flat()
    .join(',')
    .split(',')
    .filter((hop) => hop.trim() !== '');
  for (const hop of hops.toReversed()) {
    const address = canonicalAddress(hop.trim());
    if (address === undefined || !trusted.has(address)) return address;
  }
  const realIp = headers['x-real-ip'];
  return allowRealIp && hops.length === 0 && typeof realIp === 'string' ? canonicalAddress(realIp.trim()) : undefined;
}

const AUTHORITY = /^(?:\[([^[\]]*)\]|([^:[\]]*))(?::\d*)?$/;

/** The name in a Host header, lower-case, without port and brackets; empty for what is no name with or without port. */
export function hostName(host: string): string {
  const [, six, name] = AUTHORITY.exec(host) ?? [];
  return (six ?? name ?? '').toLowerCase();
}

const LOCAL_NAMES = new Set(['localhost', '127.0.0.1', '::1']);

export function isLocalName(name: string): boolean {
  return LOCAL_NAMES.has(name);
}

/** The canonical `scheme://host[:port]` of an Origin header, or undefined for `null` and whatever else is none. */
export function canonicalOrigin(text: string): string | undefined {
  if (!/^https?:\/\/[^/?#@\s]+$/i.test(text)) return undefined;
  return URL.canParse(text) ? new URL(text).origin : undefined;
}
