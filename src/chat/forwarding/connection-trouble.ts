import { Trouble, unusable } from './trouble.js';

/** Why no connection may be opened: our own decision, in words for whoever configured the address. */
export class ForbiddenDestination extends Error {
  override readonly name = 'ForbiddenDestination';
}

/** Node's and undici's codes for a connection that broke while nobody used it. */
const BROKEN: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

// prettier-ignore
const SENTENCES: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET:          'broke the connection off',
  ECONNRESET:              'broke the connection off',
  EPIPE:                   'broke the connection off',
  ECONNREFUSED:            'cannot be reached: nobody listens there',
  ENOTFOUND:               'cannot be reached: its name is not known',
  EAI_AGAIN:               'cannot be reached: names cannot be looked up just now',
  EHOSTUNREACH:            'cannot be reached: there is no way there',
  ENETUNREACH:             'cannot be reached: there is no way there',
  UND_ERR_CONNECT_TIMEOUT: 'cannot be reached in time',
  ETIMEDOUT:               'cannot be reached in time',
  HPE_INVALID_CONSTANT:    'speaks no HTTP',
};

/**
 * What an error of the connection comes to before there is a head. Its own words may name addresses, and stay in the log.
 */
export function connectionTrouble(error: Error): Trouble {
  const code = codeOf(error);
  if (error instanceof ForbiddenDestination) return new Trouble(0, error.message, { isUnreachable: true });
  if (isCertificate(code)) {
    return new Trouble(0, 'cannot be reached: its certificate is not good', { isUnreachable: true });
  }
  const message = SENTENCES[code] ?? 'cannot be reached';
  return new Trouble(0, message, { isUnreachable: true, isStale: BROKEN.has(code) });
}

function codeOf(error: Error & { code?: unknown }): string {
  if (typeof error.code === 'string') return error.code;
  // Where several addresses were tried, each has its own.
  const [first] = error instanceof AggregateError ? (error.errors as Error[]) : [];
  return first ? codeOf(first) : '';
}

/** The codes of OpenSSL and Node for what is wrong with a certificate. */
function isCertificate(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME|^ERR_(SSL|TLS)/.test(code);
}

/** What it comes to after that: the request was taken, and may have been carried out. */
export function brokenOff(hasBegun: boolean): Trouble {
  return unusable(`broke the connection off ${hasBegun ? 'in the middle of' : 'before the first byte of'} the answer`);
}

/** A caller that takes nothing any more of what a provider has for it. */
export function unreadTrouble(): Trouble {
  return unusable('was given up, for the caller reads no further');
}

/** A provider that says nothing for too long. */
export function lateTrouble(hasBegun: boolean): Trouble {
  return hasBegun ? unusable('fell silent in the middle of the answer') : new Trouble(0, 'does not answer in time');
}
