import { isUtf8 } from 'node:buffer';
import type { ExternalIssuer } from './external.settings.js';

export type Claims = Readonly<Record<string, unknown>>;

/** The form of a JWT, and the longest that is looked at: more than any that fits into a header line. */
const JWT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const LONGEST = 8192;

export interface UnverifiedJwt {
  readonly header: Claims;
  readonly claims: Claims;
}

/** What a text says of itself if it has the form of a JWT, else undefined. Nothing of it is true yet. */
export function unverified(text: string): UnverifiedJwt | undefined {
  if (text.length > LONGEST || !JWT.test(text)) return undefined;
  const [first, second] = text.split('.');
  const header = parsed(Buffer.from(first!, 'base64url'));
  const claims = parsed(Buffer.from(second!, 'base64url'));
  return header && claims && { header, claims };
}

/** A JSON object, or undefined for whatever else the bytes are. */
export function parsed(bytes: Uint8Array): Claims | undefined {
  if (!isUtf8(bytes)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // no JSON is an answer here, and no fault
    throw error;
  }
}

/** Marks of an ID token: made for a sign-in, and by chance in no access token (OpenID Connect Core 1.0 section 2, 3.3.2.11). */
const OF_ID_TOKENS = ['nonce', 'at_hash', 'c_hash', 's_hash'];
const AT_JWT = /^(application\/)?at\+jwt$/i;
const PLAIN_JWT = /^(application\/)?jwt$/i;

/** Why a token is of the wrong kind for its issuer, or undefined. */
export function wrongType(
  { header, claims }: UnverifiedJwt,
  { tokenType }: Pick<ExternalIssuer, 'tokenType'>,
): string | undefined {
  const { typ } = header;
  if (typ !== undefined && typeof typ !== 'string') return 'typ is no text';
  const isTyped = typ !== undefined && AT_JWT.test(typ);
  const isPlain = typ === undefined || PLAIN_JWT.test(typ);
  if (!isTyped && !isPlain) return 'typ is that of another kind of token';
  // Bound to a key that a bearer does not show (RFC 7800): taken without, the binding would be worth nothing.
  if (claims['cnf'] !== undefined) return 'the token is bound to a key (cnf)';
  if (tokenType === 'at+jwt') return isTyped ? undefined : 'typ is not at+jwt';
  if (tokenType === 'id') return isTyped ? 'it is an access token, not an ID token' : undefined;
  if (isTyped) return undefined;
  const mark = OF_ID_TOKENS.find((name) => claims[name] !== undefined);
  if (mark !== undefined) return `it is an ID token (${mark}), not an access token`;
  return claims['typ'] === 'ID' ? 'it is an ID token (typ), not an access token' : undefined;
}

/** Why the claims of a token are not good now, or undefined. `now` is in seconds. */
export function wrongClaim(claims: Claims, issuer: ExternalIssuer, now: number): 'expired' | string | undefined {
  const { iss, sub, aud, exp, nbf, iat, azp } = claims;
  const { clockSkew, maxLifetime, notBefore, tokenType } = issuer;
  const audiences = [issuer.audience].flat();
  const named: unknown[] = [aud].flat();

  if (iss !== issuer.issuer) return 'iss is not the issuer';
  if (typeof sub !== 'string' || sub.trim() === '' || sub.length > 255) return 'sub is missing or no name';
  if (!named.every((name) => typeof name === 'string')) return 'aud is missing or no text';
  if (!named.some((name) => audiences.includes(name as string))) return 'aud is not the audience';
  // Several audiences: made for whoever azp names (OpenID Connect Core 1.0 section 3.1.3.7).
  if (tokenType === 'id' && named.length > 1 && !audiences.includes(azp as string)) return 'azp is not the audience';

  if (!isTime(exp)) return 'exp is missing or no time';
  if (iat !== undefined && !isTime(iat)) return 'iat is no time';
  if (nbf !== undefined && !isTime(nbf)) return 'nbf is no time';
  if (nbf === undefined && notBefore === 'required') {
    return 'nbf is missing; for an issuer that writes none, set notBefore "optional" in accounts.issuers';
  }
  const begins = nbf ?? iat;
  if (begins === undefined) return 'neither nbf nor iat says since when it is good';
  if (Math.max(begins, iat ?? begins) > now + clockSkew) return 'it is from the future';
  if (exp <= begins || exp - begins > maxLifetime) return 'it is good for longer than maxLifetime';
  return exp + clockSkew <= now ? 'expired' : undefined;
}

/** Whole seconds since the epoch, in a range that dates have (S081). */
function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0 && (value as number) < 253_402_300_800;
}
