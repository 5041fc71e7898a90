import { Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import { isScope, narrow, parseRole, type Scope } from '../kernel/scopes.js';
import type { ConnectParams } from './connect.params.js';

/** What the web chat may hold at most, whoever uses it. */
const WEBCHAT_SCOPES: readonly Scope[] = ['operator.read', 'operator.write'];

/**
 * The identity with which a connection goes on: the credential's, narrowed to the role and the scopes asked for
 * (contract section 3). What the client asks is an upper limit, never a grant (S015). Throws Refused('invalid_request').
 */
export function narrowed(identity: Identity, { role: word, scopes: asked }: ConnectParams): Identity {
  const role = word === undefined ? identity.role : parseRole(word);
  if (role === undefined) throw new Refused('invalid_request', { message: 'invalid role' });

  const held = role === 'webchat' ? narrow(identity.scopes, WEBCHAT_SCOPES) : identity.scopes;
  // Asking for nothing in particular means all that there is; asking for an empty list means nothing.
  const scopes = asked ? narrow(held, [...new Set(asked.filter(isScope))]) : held;
  return { ...identity, role, scopes };
}
