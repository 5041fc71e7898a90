/** What an error is called on the outside: the `type` of an error body (contract section 3). */
export type ErrorType =
  | 'unauthorized'
  | 'forbidden'
  | 'rate_limited'
  | 'insufficient_quota'
  | 'invalid_request_error'
  | 'not_found'
  | 'unavailable'
  | 'internal_error';

type Row = readonly [status: number, type: ErrorType, message: string];

const UNAUTHORIZED = 'Unauthorized';
const THROTTLED = 'Too many failed authentication attempts. Please try again later.';

/**
 * Every error that leaves the gateway, once. The code is the contract for ever, the English is not.
 * All 401 rows say the same sentence: the code tells a client what to do, and nobody which method almost matched.
 */
// prettier-ignore
export const ERRORS = {
  token_missing:                  [401, 'unauthorized', UNAUTHORIZED],
  token_mismatch:                 [401, 'unauthorized', UNAUTHORIZED],
  token_expired:                  [401, 'unauthorized', UNAUTHORIZED],
  token_revoked:                  [401, 'unauthorized', UNAUTHORIZED],
  user_suspended:                 [401, 'unauthorized', UNAUTHORIZED],
  password_missing:               [401, 'unauthorized', UNAUTHORIZED],
  password_mismatch:              [401, 'unauthorized', UNAUTHORIZED],
  device_token_mismatch:          [401, 'unauthorized', UNAUTHORIZED],
  device_token_revoked:           [401, 'unauthorized', UNAUTHORIZED],
  bootstrap_token_invalid:        [401, 'unauthorized', UNAUTHORIZED],
  trusted_proxy_untrusted_source: [401, 'unauthorized', UNAUTHORIZED],
  trusted_proxy_user_missing:     [401, 'unauthorized', UNAUTHORIZED],
  trusted_proxy_missing_header:   [401, 'unauthorized', UNAUTHORIZED],
  trusted_proxy_user_not_allowed: [401, 'unauthorized', UNAUTHORIZED],
  tailscale_user_missing:         [401, 'unauthorized', UNAUTHORIZED],
  tailscale_proxy_missing:        [401, 'unauthorized', UNAUTHORIZED],
  tailscale_whois_failed:         [401, 'unauthorized', UNAUTHORIZED],
  tailscale_user_mismatch:        [401, 'unauthorized', UNAUTHORIZED],
  device_identity_required:       [401, 'unauthorized', 'device identity required'],
  device_id_mismatch:             [401, 'unauthorized', 'device identity mismatch'],
  device_signature_expired:       [401, 'unauthorized', 'device signature expired'],
  device_nonce_missing:           [401, 'unauthorized', 'device nonce required'],
  device_nonce_mismatch:          [401, 'unauthorized', 'device nonce mismatch'],
  device_signature_invalid:       [401, 'unauthorized', 'device signature invalid'],
  scope_not_granted:              [403, 'forbidden', 'scope not granted: the device is not approved for it'],
  pairing_required:               [403, 'forbidden', 'pairing required: device is not approved yet'],
  missing_scope:                  [403, 'forbidden', 'missing scope'],
  role_too_high:                  [403, 'forbidden', 'nobody decides about a role above their own'],
  email_unverified:               [403, 'forbidden', 'follow the link in the mail to confirm your e-mail address first'],
  origin_not_allowed:             [403, 'forbidden', 'origin not allowed'],
  registration_closed:            [403, 'forbidden', 'new accounts are not made here'],
  identity_not_allowed:           [403, 'forbidden', 'this identity has no account here'],
  identity_not_linked:            [403, 'forbidden', 'this e-mail address has an account: sign in to it and link the identity there'],
  identity_email_unverified:      [403, 'forbidden', 'the provider does not say that the e-mail address is verified'],
  provider_declined:              [403, 'forbidden', 'the sign-in was declined'],
  provider_mismatch:              [403, 'forbidden', 'the answer of the provider does not belong to this sign-in'],
  rate_limited:                   [429, 'rate_limited', THROTTLED],
  too_many_requests:              [429, 'rate_limited', 'too many requests are waiting'],
  insufficient_quota:             [429, 'insufficient_quota', 'a budget for models is used up'],
  too_many_connections:           [503, 'unavailable', 'Too many unauthenticated sockets'],
  invalid_request:                [400, 'invalid_request_error', 'invalid request'],
  code_invalid:                   [400, 'invalid_request_error', 'the code is not valid: wrong, used, or too old'],
  parse_error:                    [400, 'invalid_request_error', 'parse error: the frame is no JSON'],
  invalid_frame:                  [400, 'invalid_request_error', 'invalid request frame'],
  unknown_method:                 [404, 'not_found', 'unknown method'],
  protocol_mismatch:              [400, 'invalid_request_error', 'protocol mismatch'],
  connect_required:               [401, 'unauthorized', 'invalid handshake: first request must be connect'],
  not_found:                      [404, 'not_found', 'not found'],
  model_not_found:                [404, 'invalid_request_error', 'no such model'],
  method_not_allowed:             [405, 'invalid_request_error', 'method not allowed'],
  request_timeout:                [408, 'invalid_request_error', 'the request took too long to arrive'],
  conflict:                       [409, 'invalid_request_error', 'conflict'],
  sign_in_expired:                [400, 'invalid_request_error', 'the sign-in took too long, or was finished already: begin again'],
  identity_taken:                 [409, 'invalid_request_error', 'this identity belongs to another account'],
  payload_too_large:              [413, 'invalid_request_error', 'the body is too large'],
  unsupported_media_type:         [415, 'invalid_request_error', 'unsupported media type: send application/json'],
  headers_too_large:              [431, 'invalid_request_error', 'the request headers are too large'],
  method_not_implemented:         [501, 'invalid_request_error', 'method not implemented'],
  auth_unavailable:               [503, 'unavailable', 'The credential could not be checked. Please try again.'],
  unavailable:                    [503, 'unavailable', 'Temporarily unavailable. Please try again.'],
  internal_error:                 [500, 'internal_error', 'internal error'],
} as const satisfies Record<string, Row>;

export type ErrorCode = keyof typeof ERRORS;

/** One wrong field of a request or of the configuration: where it is, what is wrong, what to do. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/**
 * What a refusal may carry beside its code. Only `message`, `fields`, `allow`, `retryAfterMs` and `isWorthRetrying` are
 * ever shown to the caller.
 */
export interface RefusalDetail {
  /** A public sentence in place of the table's. */
  readonly message?: string;
  readonly fields?: readonly FieldError[];
  /** The scope that was missing (403). */
  readonly scope?: string;
  /** The methods that the path knows (405). */
  readonly allow?: readonly string[];
  /** How long to wait, in milliseconds (429, 503). */
  readonly retryAfterMs?: number;
  /** Whether asking again by itself is worth it for a program, where the code alone does not say. */
  readonly isWorthRetrying?: boolean;
  /** For the log and the decision trace alone. */
  readonly reason?: string;
}

/**
 * A deliberate "no" with its code. Whatever else is thrown is a fault: logged, and answered as `internal_error`
 * or, inside an authentication method, as `auth_unavailable`.
 */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(
    readonly code: ErrorCode,
    readonly detail: RefusalDetail = {},
  ) {
    // A refusal is an answer and no mishap: its code says where it comes from, and a stack costs more than the decision.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(detail.message ?? (detail.scope ? `missing scope: ${detail.scope}` : ERRORS[code][2]));
    Error.stackTraceLimit = stackTraceLimit;
  }

  get status(): number {
    return ERRORS[this.code][0];
  }

  get type(): ErrorType {
    return ERRORS[this.code][1];
  }
}

/** A part that the answer depends on is out of order: never a verdict about the caller. Becomes a 503. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}
