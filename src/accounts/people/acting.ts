import { Refused } from '../../kernel/errors.js';
import { HOUSE_TENANT, type Identity } from '../../kernel/identity.js';

/** Who does something to people, in which tenant, and in which request. */
export interface Acting {
  readonly caller: Identity;
  readonly tenantId: string;
  readonly requestId?: string;
}

/**
 * The tenant that a caller works in: its own, or for the house any other that it names. Throws Refused('not_found') for
 * what is not the caller's, whether it exists or not.
 */
export function workingIn(caller: Identity, tenantId = caller.tenantId): string {
  if (tenantId !== caller.tenantId && caller.tenantId !== HOUSE_TENANT) throw unknownTenant();
  return tenantId;
}

export const unknownTenant = (): Refused => new Refused('not_found', { message: 'no such tenant' });

/** Whose row in the audit it is, and who did it. */
export function by({ caller, tenantId, requestId }: Acting) {
  return { tenantId, actor: `${caller.method}:${caller.subject}`, requestId };
}
