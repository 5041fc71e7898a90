/**
 * What a token says of itself; undefined for what is no JWT. Not checked: it is asked only of tokens that came from their
 * issuer over TLS, or that its program on this machine keeps, and never decides who may come in. Without a library: the
 * settings need it, and so every command would load one.
 */
export function claimsOf(token: string): Readonly<Record<string, unknown>> | undefined {
  const [, payload, signature] = token.split('.');
  if (!payload || signature === undefined) return undefined; // opaque, as most access tokens are
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // three words with dots between them
  }
}
