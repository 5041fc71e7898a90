import type { FieldError } from '../kernel/errors.js';
import type { Environment } from './environment.js';

/**
 * Node's own switch that turns the checking of certificates off, for every server at once: with it, keys and tokens go
 * to whoever answers. Nobody runs a gateway with it by intention (S189).
 */
export function certificateTrustErrors(environment: Environment): FieldError[] {
  if (environment.get('!NODE_TLS_REJECT_UNAUTHORIZED') !== '0') return [];
  const message =
    'is 0, and no certificate would be checked; unset it, and name an authority of your own in NODE_EXTRA_CA_CERTS';
  return [{ path: 'NODE_TLS_REJECT_UNAUTHORIZED', message }];
}
