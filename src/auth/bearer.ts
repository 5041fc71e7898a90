import type { IncomingMessage } from 'node:http';
import { Refused } from '../kernel/errors.js';

/** The headers that carry a secret; the last two carry it bare. */
const AUTHORIZATION = 'authorization';
const BARE = ['x-openclaw-token', 'x-doorward-token'] as const;

/** RFC 6750 section 2.1: the scheme in any case, one space, the rest; a password may hold spaces of its own. */
const BEARER = /^bearer (\S.*)$/i;

/**
 * The one secret that an HTTP request shows, or undefined. Another scheme is no bearer. Throws Refused when the request
 * contradicts itself: a header said twice, or two headers with different values (S064, S065).
 */
export function bearerOf(request: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): string | undefined {
  const { headers, rawHeaders } = request;
  const { authorization } = headers;
  if (authorization !== undefined && saidTwice(rawHeaders, AUTHORIZATION)) throw contradiction();

  let shown = authorization === undefined ? undefined : secretIn(BEARER.exec(authorization)?.[1]);
  for (const name of BARE) {
    const said = headers[name];
    if (said === undefined) continue;
    for (const value of [said].flat()) {
      const bare = secretIn(value);
      if (shown !== undefined && bare !== undefined && bare !== shown) throw contradiction();
      shown ??= bare;
    }
  }
  return shown === undefined ? undefined : asUtf8(shown);
}

/** A blank value is none. */
function secretIn(value: string | undefined): string | undefined {
  return value?.trim() || undefined;
}

/** Node reads header bytes as latin-1; people write passwords in UTF-8 (S058). */
function asUtf8(value: string): string {
  return /[\u0080-\u00ff]/.test(value) ? Buffer.from(value, 'latin1').toString('utf8') : value;
}

/** Node keeps only the first Authorization line; the second one shows in the raw list alone. */
function saidTwice(rawHeaders: readonly string[], name: string): boolean {
  let seen = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.length === name.length && rawHeaders[i]!.toLowerCase() === name) seen += 1;
  }
  return seen > 1;
}

function contradiction(): Refused {
  const fields = [{ path: 'Authorization', message: 'send one credential, in one header' }];
  return new Refused('invalid_request', { message: 'the request shows more than one credential', fields });
}
