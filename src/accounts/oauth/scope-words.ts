import { isScope, type Scope } from '../../kernel/scopes.js';
import { OAuthError } from './oauth-error.js';

/** The word by which a client asks for a refresh token (OpenID Connect Core section 11). */
export const OFFLINE_ACCESS = 'offline_access';

/** What a client asks for, in the words of OAuth: scopes with a space between (RFC 6749 section 3.3). */
export interface ScopeWish {
  /** Absent: all that the person's role gives. */
  readonly scopes?: readonly Scope[];
  readonly staysSignedIn: boolean;
}

/** Throws OAuthError('invalid_scope') for a word that is no scope of ours. */
export function scopeWish(said: string | undefined): ScopeWish {
  const words = new Set((said ?? '').split(' ').filter((word) => word !== ''));
  const staysSignedIn = words.delete(OFFLINE_ACCESS);
  const scopes = [...words].map((word) => {
    if (!isScope(word)) throw new OAuthError('invalid_scope', `scope: not one of ours; see scopes_supported`);
    return word;
  });
  return { staysSignedIn, ...(scopes.length > 0 && { scopes }) };
}
