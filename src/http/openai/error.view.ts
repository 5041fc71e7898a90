import { UpstreamFailure } from '../../chat/upstream-failure.js';
import { errorHeaders } from '../../kernel/error-body.js';
import type { FieldError, Refused } from '../../kernel/errors.js';

/** An error as the SDKs of OpenAI read it, with the id by which to ask about it. */
export interface OpenAiErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
    readonly requestId: string;
    readonly fields?: readonly FieldError[];
  };
}

export interface OpenAiError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: OpenAiErrorBody;
}

/**
 * What the SDKs would try again by themselves, and in vain unless the refusal says otherwise: who waits at the door, and
 * who has used a budget up.
 */
const IN_VAIN = new Set(['rate_limited', 'insufficient_quota', 'conflict']);

/** A refusal of the gateway's own. The body is that of every other route (contract section 3), with `param` beside it. */
export function openAiError(refused: Refused, requestId: string): OpenAiError {
  const { message, type, code, status, detail } = refused;
  const { fields, retryAfterMs, isWorthRetrying = status === 503 || (status === 429 && !IN_VAIN.has(code)) } = detail;
  const param = fields?.[0]?.path ?? null;
  return {
    status,
    headers: {
      ...errorHeaders(refused),
      ...(retryAfterMs !== undefined && { 'Retry-After-Ms': String(Math.ceil(retryAfterMs)) }),
      ...retryAdvice(isWorthRetrying, status < 500 || status === 503),
    },
    body: { error: { message, type, param, code, requestId, ...(fields && { fields }) } },
  };
}

/** What the providers made of it: never to be taken for a refusal of the gateway's own (S184). */
export function upstreamError(failure: UpstreamFailure, requestId: string): OpenAiError {
  const { message, code, status, param = null, retryAfterMs, shouldRetry } = failure;
  const wait: Record<string, string> = {};
  if (retryAfterMs !== undefined) {
    wait['Retry-After'] = String(Math.max(1, Math.ceil(retryAfterMs / 1000)));
    wait['Retry-After-Ms'] = String(Math.max(1, Math.ceil(retryAfterMs)));
  }
  return {
    status,
    headers: { ...wait, ...retryAdvice(shouldRetry, true) },
    body: { error: { message, type: 'upstream_error', param, code, requestId } },
  };
}

/** Said only where the SDKs would else guess by the status. */
function retryAdvice(should: boolean, isCertain: boolean): Record<string, string> {
  return isCertain ? { 'X-Should-Retry': String(should) } : {};
}

/** Whether what a request asks for answers in these words: the model API, known paths or not. */
export const speaksOpenAi = (url: string): boolean => url.startsWith('/v1/');
