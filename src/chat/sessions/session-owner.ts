import { HOUSE_TENANT, type Identity } from '../../kernel/identity.js';
import { covers } from '../../kernel/scopes.js';
import { type SessionName, sessionKeyText } from './session-key.js';

/** Whose a session is: a row, or what an event is about. */
export interface Owned {
  readonly tenantId: string;
  readonly owner: string;
}

/** Keys of the house are one owner, whichever of them is shown. */
const HOUSE_KEYS: ReadonlySet<Identity['method']> = new Set(['loopback', 'token', 'password']);

const HOUSE_OWNER = 'house';

/**
 * Who a caller is as an owner: the user, however they come in; the house, for its keys and for devices that were given
 * all its rights; a device by itself; whoever a proxy or the tailnet names (two of one name are two people, ASVS 6.8.1).
 */
export function ownerOf({ userId, tenantId, method, subject, scopes }: Identity): string {
  if (userId !== undefined) return `user:${userId}`;
  if (tenantId !== HOUSE_TENANT) return `${method}:${subject}`;
  const isHouse = HOUSE_KEYS.has(method) || (method === 'device-token' && covers(scopes, 'operator.admin'));
  return isHouse ? HOUSE_OWNER : `${method}:${subject}`;
}

/** Their owner, and admins of the same tenant; of the house's own tenant too, no admin sees into another (S124). */
export function maySee(caller: Identity, { tenantId, owner }: Owned): boolean {
  if (caller.tenantId !== tenantId || !covers(caller.scopes, 'operator.read')) return false;
  return ownerOf(caller) === owner || seesAll(caller);
}

/** What a caller can name a session by that they may see: their own by its key, another's by its id, for the key is theirs. */
export function sessionKeyFor(caller: Identity, session: Owned & SessionName & { readonly id: string }): string {
  return ownerOf(caller) === session.owner ? sessionKeyText(session) : session.id;
}

/** Whether a caller sees every session of their tenant. */
export function seesAll({ scopes }: Identity): boolean {
  return covers(scopes, 'operator.admin');
}
