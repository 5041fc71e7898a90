/**
 * What a token endpoint says of us, of the request or of itself, and not of the refresh token: to be mended in the
 * configuration, or to be waited for. Any other word of its is a "no" for good.
 */
const NOT_THE_TOKENS: ReadonlySet<string> = new Set([
  'invalid_client',
  'unauthorized_client',
  'invalid_request',
  'invalid_scope',
  'unsupported_grant_type',
  'server_error',
  'temporarily_unavailable',
  'slow_down',
  'rate_limit_exceeded',
]);

export function isFinal(code: string): boolean {
  return !NOT_THE_TOKENS.has(code);
}
