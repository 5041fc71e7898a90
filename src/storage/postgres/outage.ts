import type { Outage } from '../breaker.js';
import { RolledBack } from '../silent-rollback.js';

// The texts are ours: the driver's own may name the user.
// prettier-ignore
const BY_STATE: readonly (readonly [prefix: string, reason: string])[] = [
  ['57014', 'a query took too long'],
  ['57P',   'PostgreSQL is shutting down or starting'],
  ['57',    'PostgreSQL interrupted the query'],
  ['53',    'PostgreSQL has no room left (disk, memory or connections)'],
  ['58',    'PostgreSQL cannot reach its files'],
  ['08',    'the connection to PostgreSQL broke'],
  ['28',    'PostgreSQL refused the user or the password'],
  ['3D000', 'PostgreSQL has no database of this name'],
  ['25006', 'PostgreSQL is read-only (a standby?)'],
];

// prettier-ignore
const BY_ERRNO: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at the address of PostgreSQL',
  ENOTFOUND:    'the host of PostgreSQL has no address',
  EAI_AGAIN:    'the host of PostgreSQL cannot be looked up',
  ENOENT:       'the socket of PostgreSQL does not exist',
  EHOSTUNREACH: 'the host of PostgreSQL cannot be reached',
  ENETUNREACH:  'the host of PostgreSQL cannot be reached',
};

/**
 * What an error of the driver says about the database, or undefined when it is about the query: an error that
 * PostgreSQL itself sent (it has a severity and an SQLSTATE) and that is in none of the classes above.
 */
export function outageOf(error: unknown): Outage | undefined {
  if (error instanceof RolledBack) return undefined;
  const { code, severity } = error as { code?: unknown; severity?: unknown };
  if (typeof code === 'string' && typeof severity === 'string') {
    const row = BY_STATE.find(([prefix]) => code.startsWith(prefix));
    return row && { reason: row[1], slow: code === '57014' };
  }
  if (typeof code === 'string' && code in BY_ERRNO) return { reason: BY_ERRNO[code]!, slow: false };
  // Without a code the driver gave up waiting; its clients break with ECONNRESET and the like.
  const slow = code === undefined && !BROKEN.test(String(error));
  return { reason: slow ? 'PostgreSQL does not answer in time' : 'the connection to PostgreSQL broke', slow };
}

/** pg gives no code to "Connection terminated unexpectedly" and "Client has encountered a connection error". */
const BROKEN = /terminated|connection error|not queryable|already released/i;
