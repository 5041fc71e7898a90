/** A login as it is compared and kept: trimmed, lower-case, and freed of the wrapping that headers need. */
export function canonicalLogin(text: string): string {
  return decodeWords(text).trim().toLowerCase();
}

/**
 * Tailscale Serve writes a name that is not ASCII as RFC 2047 "Q" words, since a header cannot hold it as it is.
 * Whatever is malformed stays as it was, and then equals nobody's login.
 */
function decodeWords(text: string): string {
  const joined = text.replace(/\?=\s+=\?/g, '?==?'); // the space between two words is no part of the text
  return joined.replace(/=\?utf-8\?q\?([^?\s]*)\?=/gi, (_word, body: string) => {
    const bytes = body
      .replace(/_/g, ' ')
      .replace(/=([0-9a-f]{2})/gi, (_code, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    return Buffer.from(bytes, 'latin1').toString('utf8');
  });
}
