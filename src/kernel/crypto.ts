import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** SHA-256 of a secret's UTF-8 bytes, as 64 lower-case hex characters: the only form in which a token is stored. */
export function digest(secret: string): string {
  return hash('sha256', secret, 'hex');
}

/**
 * The one comparison of secrets (S056). Both sides are hashed first, so that neither the place of the first
 * difference nor the length shows in the time it takes. An empty secret equals nothing, not even itself (S060).
 */
export function sameSecret(presented: string, expected: string): boolean {
  return new KnownSecret(expected).matches(presented);
}

/** A secret that many are compared with: hashed once, and not kept. */
export class KnownSecret {
  private readonly digest: Buffer;
  private readonly isEmpty: boolean;

  constructor(secret: string) {
    this.digest = Buffer.from(digest(secret), 'latin1');
    this.isEmpty = secret === '';
  }

  /** As `sameSecret`. */
  matches(presented: string): boolean {
    PRESENTED.write(digest(presented), 'latin1');
    return timingSafeEqual(PRESENTED, this.digest) && !this.isEmpty;
  }
}

/** Where the digest of a presented secret lies while it is compared: a new Buffer each time costs as much as the hash. */
const PRESENTED = Buffer.alloc(64);

/** A gateway token: 32 random bytes as 64 lower-case hex characters (contract section 3). */
export function newGatewayToken(): string {
  return randomBytes(32).toString('hex');
}

const DEVICE_TOKEN_PREFIX = 'dwd_';

/** A device token: 32 random bytes behind a prefix that tells it from every other secret without a look-up. */
export function newDeviceToken(): string {
  return DEVICE_TOKEN_PREFIX + randomBytes(32).toString('base64url');
}

/** What a device without a key fetches its token with: 32 random bytes as base64url. */
export function newClaimSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** What a setup link holds: good for one device, once, for minutes. */
export function newInviteToken(): string {
  return 'dwi_' + randomBytes(32).toString('base64url');
}

/** What a sign-in is renewed with: 32 random bytes behind a prefix, good once. */
export function newRefreshToken(): string {
  return 'dwr_' + randomBytes(32).toString('base64url');
}

/** A code in a link that is sent by mail, in an invitation or on the operator's screen: 32 random bytes, good once. */
export function newOneTimeCode(): string {
  return randomBytes(32).toString('base64url');
}

const GATEWAY_TOKEN = /^[0-9a-f]{64}$/;
const DEVICE_TOKEN = /^dwd_[A-Za-z0-9_-]{43}$/;

/** Whether a value has the form of a gateway token; a static token may have it too (`openssl rand -hex 32`, S073). */
export function looksLikeGatewayToken(value: string): boolean {
  return value.length === 64 && GATEWAY_TOKEN.test(value);
}

export function looksLikeDeviceToken(value: string): boolean {
  return value.length === 47 && DEVICE_TOKEN.test(value);
}
