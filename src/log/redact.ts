import { createHash } from 'node:crypto';
import { BoundedMap } from '../kernel/bounded-map.js';

/** Names whose values are never written, at any depth: whatever contains one of these words … */
const SECRET_NAME =
  /token|passw|passphrase|secret|authori[sz]ation|cookie|api[-_]?key|private[-_]?key|credential|signature|bearer|proof|jwt|assertion|setup[-_]?code|dsn/i;

/** … except these, which only speak about a secret. */
const HARMLESS_NAMES = new Set([
  'tokenId',
  'tokenCount',
  'tokenDelivery',
  'maxTokens',
  'credential',
  'credentialId',
  'secretName',
]);

/** Names whose values may look like a gateway token without being one: a device id is 64 hex characters too. */
const IDENTIFIERS = new Set([
  'principal',
  'subject',
  'device',
  'deviceId',
  'requestId',
  'hash',
  'digest',
  'credential',
]);

/** The one secret that is meant for who reads the log: the link of a letter that there is no server of mail to send. */
const FOR_THE_OPERATOR = 'operatorLink';

const REDACTED = '[redacted]';
const MAX_DEPTH = 8;
const MAX_ENTRIES = 64;
const MAX_TEXT = 8192;

/** Secrets that stand in the middle of other text: an error's message, an address. */
// prettier-ignore
const SECRETS_IN_TEXT: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi,                                                       `$1 ${REDACTED}`],
  [/([?&#;](?:access_|refresh_|id_)?(?:token|password|secret|key|api_?key|code)=)[^&\s"']+/gi, `$1${REDACTED}`],
  [/(\w:\/\/)[^/?#@\s"']+@/g,                                                                   `$1${REDACTED}@`],
  [/\bdw[dir]_[\w-]{20,}/g,                                                                      REDACTED],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g,                                                           REDACTED],
  [/\bsk-[\w-]{16,}/g,                                                                          REDACTED],
  [/\$(?:argon2\w*|2[aby]|scrypt)\$[^\s"']+/g,                                                  REDACTED],
];

/** Whether one of these could be in a text at all: nearly every text of a log ends here. */
const SUSPICIOUS = /bearer|basic|[?&#;$@]|dw[dir]_|eyJ|sk-|[0-9a-f]{64}/i;

const GATEWAY_TOKEN = /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/gi;

/**
 * The fields of a log line without any secret: values under a telling name are replaced, text is searched for what
 * has the form of a credential, errors become plain objects, and everything is bounded in depth, number and length.
 */
export function redact(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return cleanObject(fields, [fields]);
}

/** Text without credentials. A gateway token leaves its fingerprint, so that two logs can be compared. */
export function redactText(text: string): string {
  const bounded = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  if (!SUSPICIOUS.test(bounded)) return bounded;
  const replaced = SECRETS_IN_TEXT.reduce((rest, [pattern, with_]) => rest.replace(pattern, with_), bounded);
  return replaced.replace(GATEWAY_TOKEN, (token) => `[redacted ${fingerprint(token)}]`);
}

/** The first 8 characters of a secret's SHA-256: the same on both sides, and no way back. */
export function fingerprint(secret: string): string {
  return createHash('sha256').update(secret).digest('hex').slice(0, 8);
}

function clean(value: unknown, name: string, above: object[]): unknown {
  if (value === undefined || value === null || typeof value === 'boolean') return value;
  if (isSecretName(name)) return REDACTED;
  if (typeof value === 'string')
    return IDENTIFIERS.has(name) || name === FOR_THE_OPERATOR ? value.slice(0, MAX_TEXT) : redactText(value);
  if (typeof value === 'number') return value;
  if (typeof value !== 'object') return redactText(String(value));
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (above.length >= MAX_DEPTH || above.includes(value)) return '[…]';

  above.push(value);
  const cleaned = Array.isArray(value)
    ? value.slice(0, MAX_ENTRIES).map((entry) => clean(entry, name, above))
    : cleanObject(value instanceof Error ? explanation(value) : (value as Record<string, unknown>), above);
  above.pop();
  return cleaned;
}

function cleanObject(object: Readonly<Record<string, unknown>>, above: object[]): Record<string, unknown> {
  // Without a prototype: a field may be called __proto__.
  const cleaned = Object.create(null) as Record<string, unknown>;
  for (const name of Object.keys(object).slice(0, MAX_ENTRIES))
    cleaned[redactText(name)] = clean(object[name], name, above);
  return cleaned;
}

/** The names of fields are few and come again with every line. */
const verdicts = new BoundedMap<string, boolean>(1024);

function isSecretName(name: string): boolean {
  const known = verdicts.get(name);
  if (known !== undefined) return known;
  const verdict = SECRET_NAME.test(name) && !HARMLESS_NAMES.has(name);
  verdicts.set(name, verdict);
  return verdict;
}

/** Only what explains a failure: libraries hang whole requests, headers included, on their errors. */
function explanation(error: Error): Record<string, unknown> {
  const { code } = error as { code?: unknown };
  return { name: error.name, message: error.message, code, stack: error.stack, cause: error.cause };
}
