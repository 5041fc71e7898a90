import { type ErrorCode, ERRORS, type Refused } from '../kernel/errors.js';
import { PairingRequired } from './pairing-required.js';
import { ProtocolMismatch } from './protocol-mismatch.js';

/** An error as the native dialect says it; JSON-RPC carries the same as its `data`. */
export interface NativeError {
  readonly code: 'INVALID_REQUEST' | 'NOT_PAIRED' | 'FORBIDDEN' | 'UNAVAILABLE';
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
}

/** What an error of `connect` may need to know of the attempt. */
export interface AttemptContext {
  /** Names the decision in `doorward auth explain`. */
  readonly requestId: string;
  readonly authProvided: 'token' | 'password' | 'device-token' | 'bootstrap-token' | 'none';
  /** A device was shown beside a plain token: that device's own token may be worth a try. */
  readonly canRetryWithDeviceToken: boolean;
}

type Advice = 'update_auth_configuration' | 'update_auth_credentials' | 'review_auth_configuration' | 'wait_then_retry';

type Row = readonly [code: NativeError['code'], detail: string, next: Advice | null, message: string];

/**
 * Refusals of `connect` in the words that clients of the family know (reference B.6). What is not in the table is a
 * plain INVALID_REQUEST or UNAVAILABLE with our own sentence.
 */
// prettier-ignore
const ROWS: Partial<Record<ErrorCode, Row>> = {
  token_missing:            ['INVALID_REQUEST', 'AUTH_TOKEN_MISSING', 'update_auth_configuration', 'unauthorized: gateway token missing (send it as connect.params.auth.token)'],
  token_mismatch:           ['INVALID_REQUEST', 'AUTH_TOKEN_MISMATCH', 'update_auth_credentials', 'unauthorized: gateway token mismatch (check connect.params.auth.token)'],
  token_expired:            ['INVALID_REQUEST', 'AUTH_TOKEN_MISMATCH', 'update_auth_credentials', 'unauthorized: gateway token expired (get a new one)'],
  token_revoked:            ['INVALID_REQUEST', 'AUTH_TOKEN_MISMATCH', 'update_auth_credentials', 'unauthorized: gateway token revoked (get a new one)'],
  user_suspended:           ['INVALID_REQUEST', 'AUTH_UNAUTHORIZED', 'review_auth_configuration', 'unauthorized: user suspended'],
  password_missing:         ['INVALID_REQUEST', 'AUTH_PASSWORD_MISSING', 'update_auth_configuration', 'unauthorized: gateway password missing (send it as connect.params.auth.password)'],
  password_mismatch:        ['INVALID_REQUEST', 'AUTH_PASSWORD_MISMATCH', 'update_auth_credentials', 'unauthorized: gateway password mismatch (check connect.params.auth.password)'],
  device_token_mismatch:    ['INVALID_REQUEST', 'AUTH_DEVICE_TOKEN_MISMATCH', 'update_auth_credentials', 'unauthorized: device token mismatch (rotate/reissue device token)'],
  device_token_revoked:     ['INVALID_REQUEST', 'AUTH_DEVICE_TOKEN_MISMATCH', 'update_auth_credentials', 'unauthorized: device token revoked (rotate/reissue device token)'],
  tailscale_user_missing:   ['INVALID_REQUEST', 'AUTH_TAILSCALE_IDENTITY_MISSING', 'review_auth_configuration', 'unauthorized: tailscale identity missing'],
  tailscale_proxy_missing:  ['INVALID_REQUEST', 'AUTH_TAILSCALE_PROXY_MISSING', 'review_auth_configuration', 'unauthorized: tailscale proxy headers missing'],
  tailscale_whois_failed:   ['INVALID_REQUEST', 'AUTH_TAILSCALE_WHOIS_FAILED', 'review_auth_configuration', 'unauthorized: tailscale identity check failed'],
  tailscale_user_mismatch:  ['INVALID_REQUEST', 'AUTH_TAILSCALE_IDENTITY_MISMATCH', 'review_auth_configuration', 'unauthorized: tailscale identity mismatch'],
  trusted_proxy_untrusted_source: ['INVALID_REQUEST', 'AUTH_UNAUTHORIZED', 'review_auth_configuration', 'unauthorized'],
  trusted_proxy_user_missing:     ['INVALID_REQUEST', 'AUTH_UNAUTHORIZED', 'review_auth_configuration', 'unauthorized'],
  trusted_proxy_missing_header:   ['INVALID_REQUEST', 'AUTH_IDENTITY_HEADER_REQUIRED', 'review_auth_configuration', 'unauthorized'],
  trusted_proxy_user_not_allowed: ['INVALID_REQUEST', 'AUTH_UNAUTHORIZED', 'review_auth_configuration', 'unauthorized'],
  origin_not_allowed:       ['INVALID_REQUEST', 'CONTROL_UI_ORIGIN_NOT_ALLOWED', null, 'unauthorized: origin not allowed'],
  rate_limited:             ['INVALID_REQUEST', 'AUTH_RATE_LIMITED', 'wait_then_retry', 'unauthorized: too many failed authentication attempts (retry later)'],
  auth_unavailable:         ['UNAVAILABLE', 'AUTH_UNAVAILABLE', 'wait_then_retry', 'unauthorized: the credential could not be checked (retry later)'],
  bootstrap_token_invalid:  ['INVALID_REQUEST', 'AUTH_BOOTSTRAP_TOKEN_INVALID', 'review_auth_configuration', 'unauthorized: setup code invalid, expired, revoked, or already used'],
  device_id_mismatch:       ['INVALID_REQUEST', 'DEVICE_AUTH_DEVICE_ID_MISMATCH', 'review_auth_configuration', 'device identity mismatch'],
  device_signature_expired: ['INVALID_REQUEST', 'DEVICE_AUTH_SIGNATURE_EXPIRED', 'review_auth_configuration', 'device signature expired'],
  device_nonce_missing:     ['INVALID_REQUEST', 'DEVICE_AUTH_NONCE_REQUIRED', 'review_auth_configuration', 'device nonce required'],
  device_nonce_mismatch:    ['INVALID_REQUEST', 'DEVICE_AUTH_NONCE_MISMATCH', 'review_auth_configuration', 'device nonce mismatch'],
  device_signature_invalid: ['INVALID_REQUEST', 'DEVICE_AUTH_SIGNATURE_INVALID', 'review_auth_configuration', 'device signature invalid'],
  device_identity_required: ['NOT_PAIRED', 'DEVICE_IDENTITY_REQUIRED', null, 'device identity required'],
  scope_not_granted:        ['NOT_PAIRED', 'SCOPE_NOT_GRANTED', null, 'unauthorized: scope not granted'],
  pairing_required:         ['NOT_PAIRED', 'PAIRING_REQUIRED', null, 'pairing required: device is not approved yet'],
};

/** The native error of a refusal; `attempt` when it is the answer to a `connect` that was judged. */
export function nativeError(refused: Refused, attempt?: AttemptContext): NativeError {
  const row = ROWS[refused.code];
  if (row && attempt) return refusedAtTheDoor(refused, row, attempt);

  const { message, detail } = refused;
  if (refused.code === 'missing_scope') {
    const details = { code: 'MISSING_SCOPE', missingScope: detail.scope, requiredScopes: [detail.scope] };
    return { code: 'FORBIDDEN', message, details };
  }
  if (refused instanceof ProtocolMismatch) return { code: 'INVALID_REQUEST', message, details: refused.details };

  const code = row?.[0] ?? byType(refused);
  const requestId = attempt && { details: { requestId: attempt.requestId } };
  return { code, message, ...requestId, ...patience(refused) };
}

function refusedAtTheDoor(refused: Refused, [code, detail, next, sentence]: Row, attempt: AttemptContext): NativeError {
  const { requestId, authProvided, canRetryWithDeviceToken } = attempt;
  const message = refused.detail.message ?? sentence;
  // A client shows this id as the one to approve: the decision's own id would send people looking for nothing.
  if (refused instanceof PairingRequired) return { code, message, details: refused.details };
  if (refused.code === 'pairing_required') return { code, message, details: { code: detail, reason: 'not-paired' } };

  const mayRetry = refused.code === 'token_mismatch' && canRetryWithDeviceToken;
  const advice = mayRetry ? 'retry_with_device_token' : next;
  const details = {
    code: detail,
    authReason: refused.code,
    authProvided,
    ...(refused.code === 'token_mismatch' && { canRetryWithDeviceToken: mayRetry }),
    ...(advice && { recommendedNextStep: advice }),
    requestId,
  };
  return { code, message, details, ...patience(refused) };
}

function byType(refused: Refused): NativeError['code'] {
  const type = ERRORS[refused.code][1];
  if (type === 'unavailable' || type === 'internal_error' || type === 'rate_limited') return 'UNAVAILABLE';
  return type === 'forbidden' ? 'FORBIDDEN' : 'INVALID_REQUEST';
}

/** What says "again later": only that which will be different later. */
function patience({ type, detail }: Refused): Pick<NativeError, 'retryable' | 'retryAfterMs'> {
  if (type !== 'rate_limited' && type !== 'unavailable') return {};
  return { retryable: true, ...(detail.retryAfterMs !== undefined && { retryAfterMs: detail.retryAfterMs }) };
}

const LONGEST_REASON = 123;

/**
 * The reason of a close frame: at most 123 bytes of UTF-8, beginning with one of the two words that clients look for
 * (contract section 4).
 */
export function closeReason(message: string): string {
  const reason = /^(unauthorized|pairing required)/.test(message) ? message : `unauthorized: ${message}`;
  const bytes = Buffer.from(reason);
  if (bytes.length <= LONGEST_REASON) return reason;
  // Cut between characters: a close frame with half of one is a protocol error.
  return new TextDecoder().decode(bytes.subarray(0, LONGEST_REASON)).replace(/\uFFFD+$/, '');
}
