import { Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import { isScope, narrow, parseRole, type Role, type Scope } from '../kernel/scopes.js';
import type { ConnectParams } from './connect.params.js';

/** What the web chat may hold at most, whoever uses it. */
const WEBCHAT_SCOPES: readonly Scope[] = ['operator.read', 'operator.write'];

/** The role asked for, if any. Throws Refused for a word that nobody knows: none is taken for one it resembles (S023). */
export function roleAsked({ role: word }: ConnectParams): Role | undefined {
  const role = word === undefined ? undefined : parseRole(word);
  if (word !== undefined && role === undefined) throw new Refused('invalid_request', { message: 'invalid role' });
  return role;
}

/**
 * The identity with which a connection goes on: the credential's, narrowed to the role and the scopes asked for
 * (contract section 3). What the client asks is an upper limit, never a grant (S015).
 */
export function narrowed(identity: Identity, params: ConnectParams): Identity {
  const { scopes: asked } = params;
  const role = roleAsked(params) ?? identity.role;
  const held = role === 'webchat' ? narrow(identity.scopes, WEBCHAT_SCOPES) : identity.scopes;
  // Asking for nothing in particular means all that there is; asking for an empty list means nothing.
  const scopes = asked ? narrow(held, [...new Set(asked.filter(isScope))]) : held;
  return { ...identity, role, scopes };
}
