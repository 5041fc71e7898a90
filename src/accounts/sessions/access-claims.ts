/** How long an access token is good, in seconds (contract section 6). */
export const ACCESS_LIFE_S = 900;

/** The one service that our access tokens are for. */
export const AUDIENCE = 'doorward';

/** `typ` of their header (RFC 9068): an ID token or another JWT of the same key is none. */
export const ACCESS_TYPE = 'at+jwt';

/** How far into the future `iat` and `nbf` may lie: replicas sign by the clock of the database, and this is its jitter. */
const FUTURE_S = 5;

/** What is in an access token (RFC 9068). */
export interface AccessClaims {
  readonly iss: string;
  readonly aud: string;
  /** The user's id. */
  readonly sub: string;
  readonly tenant_id: string;
  readonly email: string;
  readonly role: string;
  /** The sign-in that it belongs to. */
  readonly sid: string;
  readonly jti: string;
  /** Seconds since the epoch, like `exp`. */
  readonly iat: number;
  readonly exp: number;
  /** Ours have none; one that has it is held to it. */
  readonly nbf?: number;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const isUuid = (value: unknown): boolean => typeof value === 'string' && UUID.test(value);
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isSecond = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;

// prettier-ignore
const SHAPE: Readonly<Record<Exclude<keyof AccessClaims, 'nbf'>, (value: unknown) => boolean>> = {
  iss:       isText,
  aud:       (value) => value === AUDIENCE,
  sub:       isUuid,
  tenant_id: isUuid,
  email:     isText,
  role:      isText,
  sid:       isUuid,
  jti:       isUuid,
  iat:       isSecond,
  exp:       isSecond,
};

/**
 * The claims of a token whose signature is good, or the name of the first one that is missing, has another type, or is
 * none of ours (S081). Whether its time is past or still to come is judged by the clock of the database, not here.
 */
export function readClaims(payload: unknown, issuer: string): AccessClaims | string {
  if (typeof payload !== 'object' || payload === null) return 'payload';
  const claims = payload as Record<string, unknown>;
  for (const [name, isRight] of Object.entries(SHAPE)) if (!isRight(claims[name])) return name;

  const { iss, iat, exp } = claims as unknown as AccessClaims;
  if (iss !== issuer) return 'iss';
  if (exp <= iat || exp - iat > ACCESS_LIFE_S) return 'exp';
  if (claims.nbf !== undefined && !isSecond(claims.nbf)) return 'nbf';
  return claims as unknown as AccessClaims;
}

/** Whether a token is from the future. `nowMs` is by the clock of the database, in milliseconds. */
export function isEarly({ iat, nbf = iat }: AccessClaims, nowMs: number): boolean {
  return Math.max(iat, nbf) > nowMs / 1000 + FUTURE_S;
}
