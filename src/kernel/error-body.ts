import type { FieldError, Refused } from './errors.js';

/** The JSON of every error, on REST and on a refused WebSocket upgrade alike (contract section 3). */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly code: string;
    readonly requestId: string;
    readonly fields?: readonly FieldError[];
  };
}

export function errorBody(refused: Refused, requestId: string): ErrorBody {
  const { message, type, code, detail } = refused;
  return { error: { message, type, code, requestId, ...(detail.fields && { fields: detail.fields }) } };
}

/** How long a caller should stay away from something that is out of order, unless it is known better. */
const UNAVAILABLE_RETRY_MS = 1000;

/** The headers that an error brings along: whom to ask, when to come back, what would be allowed. */
export function errorHeaders(refused: Refused): Record<string, string> {
  const { status, detail } = refused;
  if (status === 401) return { 'WWW-Authenticate': 'Bearer' };
  if (status === 429 || status === 503)
    return { 'Retry-After': retryAfter(detail.retryAfterMs ?? UNAVAILABLE_RETRY_MS) };
  if (detail.allow) return { Allow: detail.allow.join(', ') };
  return {};
}

/** Whole seconds (RFC 9110 section 10.2.3), rounded up so that nobody comes back too early. */
function retryAfter(ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 1000)));
}
