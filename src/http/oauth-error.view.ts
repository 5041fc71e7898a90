import { OAuthError } from '../accounts/oauth/oauth-error.js';
import type { FastifyRequest } from 'fastify';
import type { ErrorCode, Refused } from '../kernel/errors.js';

/** An error in the words of OAuth (RFC 6749 section 5.2), with our own code and the id to ask about beside them. */
export interface OAuthErrorBody {
  readonly error: string;
  readonly error_description: string;
  readonly code?: string;
  readonly requestId: string;
}

/** What OAuth calls a refusal of ours. Of a bad subject token it wants `invalid_request` (RFC 8693 section 2.2.2). */
const WORDS: Partial<Record<ErrorCode, string>> = {
  missing_scope: 'invalid_scope',
  rate_limited: 'rate_limited',
  too_many_requests: 'rate_limited',
  auth_unavailable: 'temporarily_unavailable',
  unavailable: 'temporarily_unavailable',
  internal_error: 'server_error',
};

/** Refusals that OAuth answers with 400, ours with another number. */
const BAD_REQUESTS = new Set([401, 403, 415]);

/** Status and body for what an endpoint of OAuth refused. */
export function oauthAnswer(refused: Refused, requestId: string): { status: number; body: OAuthErrorBody } {
  const { code, message } = refused;
  const status = BAD_REQUESTS.has(refused.status) && code !== 'origin_not_allowed' ? 400 : refused.status;
  return { status, body: { error: WORDS[code] ?? 'invalid_request', error_description: message, code, requestId } };
}

/** A client that failed is asked for what it tried (RFC 6749 section 5.2), and who lacks a scope is told which. */
export function oauthHeaders({ error }: OAuthError, { headers }: FastifyRequest): Record<string, string> {
  if (error === 'insufficient_scope') return { 'WWW-Authenticate': `Bearer error="${error}", scope="operator.read"` };
  if (error !== 'invalid_client') return {};
  return { 'WWW-Authenticate': /^Basic\b/i.test(headers.authorization ?? '') ? 'Basic realm="doorward"' : 'Bearer' };
}

/** And for what it said in the words of OAuth itself. */
export function oauthErrorAnswer(error: OAuthError, requestId: string): { status: number; body: OAuthErrorBody } {
  const { code } = error.detail;
  return {
    status: error.status,
    body: { error: error.error, error_description: error.message, ...(code !== undefined && { code }), requestId },
  };
}
