import type { StatusReader } from '../../credentials/status/sight.js';
import { HOUSE_TENANT, type Identity } from '../../kernel/identity.js';
import { covers } from '../../kernel/scopes.js';
import { catalogue } from './catalogue.js';

/**
 * How much of the status of models a caller sees. The credentials are the house's: who else is told how things stand, of
 * what it may call (S078), and not whose the credentials are or where they come from.
 */
export function statusReader({ tenantId, scopes }: Identity): StatusReader {
  if (tenantId !== HOUSE_TENANT) return { details: false, sightIn: (config) => catalogue(config, tenantId) };
  return { details: covers(scopes, 'operator.admin') };
}
