const MASK = '***';

/** Shorter ones stand in innocent words: a local server's "ollama" is no secret. */
const SHORTEST = 8;

/** Headers of a provider whose values are secrets; others, such as `http-referer`, are said by models all the time. */
const SECRET_HEADER = /auth|key|token|secret|cookie|password/i;

/**
 * Takes the credentials of one request out of whatever the provider says: some quote the key that they refuse (S182,
 * S184). Each of them is looked for as it is, as JSON may spell it, and as an address would; in a stream within each event
 * alone, for to wait for the next one would hold every answer up.
 */
export class Redaction {
  private readonly needles: readonly Buffer[];

  constructor(credential: string, providerHeaders: Readonly<Record<string, string>> = {}) {
    const secrets = [credential];
    for (const name in providerHeaders) {
      if (SECRET_HEADER.test(name)) secrets.push(providerHeaders[name]!.replace(/^(bearer|basic)\s+/i, ''));
    }
    const spelled = secrets.filter((secret) => secret.length >= SHORTEST).flatMap(spellings);
    this.needles = spelled.map((spelling) => Buffer.from(spelling, 'utf8'));
  }

  /** The very same bytes, unless a credential stands in them. */
  bytes(given: Buffer): Buffer {
    let bytes = given;
    for (const needle of this.needles) {
      if (bytes.includes(needle)) bytes = without(bytes, needle);
    }
    return bytes;
  }

  text(given: string): string {
    return this.needles.reduce((text, needle) => text.replaceAll(needle.toString('utf8'), MASK), given);
  }
}

const PLAIN = /^[A-Za-z0-9._~-]+$/;

function spellings(secret: string): string[] {
  if (PLAIN.test(secret)) return [secret];
  const quoted = JSON.stringify(secret).slice(1, -1);
  return [...new Set([secret, quoted, quoted.replaceAll('/', '\\/'), encodeURIComponent(secret)])];
}

function without(bytes: Buffer, needle: Buffer): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf(needle); at !== -1; at = bytes.indexOf(needle, from)) {
    parts.push(bytes.subarray(from, at), Buffer.from(MASK));
    from = at + needle.byteLength;
  }
  return Buffer.concat([...parts, bytes.subarray(from)]);
}
