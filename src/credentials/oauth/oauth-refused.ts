/** The provider's "no" in its own word, such as `invalid_grant`: asking again would change nothing. */
export class OAuthRefused extends Error {
  override readonly name = 'OAuthRefused';

  constructor(readonly code: string) {
    super(`the provider says ${code}`);
  }
}

/** A provider's word if it is one of those that RFC 6749 allows there: it is shown to people and stands in the log. */
export function properCode(code: unknown): string {
  return typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? code : 'an error without a proper name';
}
