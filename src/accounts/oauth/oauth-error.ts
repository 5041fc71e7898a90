/**
 * The words of OAuth for what went wrong, each once: RFC 6749 section 5.2, RFC 6750 section 3.1, RFC 7009 section 2.2.1,
 * RFC 8628 section 3.5, RFC 8693 section 2.2.2.
 */
// prettier-ignore
const OAUTH_ERRORS = {
  invalid_request:           400,
  invalid_client:            401,
  invalid_grant:             400,
  unsupported_grant_type:    400,
  invalid_scope:             400,
  invalid_target:            400,
  unsupported_token_type:    400,
  insufficient_scope:        403,
  authorization_pending:     400,
  slow_down:                 400,
  access_denied:             400,
  expired_token:             400,
} as const satisfies Record<string, number>;

export type OAuthErrorCode = keyof typeof OAUTH_ERRORS;

/** A "no" in the words of OAuth. The sentence is for whoever writes the client, and holds nothing of what it sent. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError';

  constructor(
    readonly error: OAuthErrorCode,
    message: string,
    readonly detail: {
      /** Our own code for it, where there is one. */
      readonly code?: string;
      /** Whether a secret was shown that was never ours: it counts as a failure. */
      readonly wasWrong?: boolean;
    } = {},
  ) {
    super(message);
  }

  get status(): number {
    return OAUTH_ERRORS[this.error];
  }
}
