import { Refused, Unavailable } from '../kernel/errors.js';
import type { Log, LogFields } from '../kernel/log.js';

/** What the caller is told of whatever was thrown: a refusal as it is, a fault only that there was one. It is logged. */
export function asRefused(error: unknown, log: Log, fields: LogFields): Refused {
  if (error instanceof Refused) return error;
  log.error('a WebSocket call failed', { event: 'gateway.fault', ...fields, error });
  return new Refused(error instanceof Unavailable ? 'unavailable' : 'internal_error');
}
