/** Words that end the name of a secret. */
const SECRET_WORDS = new Set([
  'token',
  'secret',
  'password',
  'passwd',
  'passphrase',
  'pass',
  'authorization',
  'cookie',
  'credential',
  'credentials',
  'signature',
]);

/** Words of which `key` after them is a secret wherever it stands; in variables and headers any other is one too. */
const KEY_KINDS = new Set(['api', 'access', 'private', 'secret', 'signing', 'encryption', 'live', 'account', 'master']);
const HARMLESS_KEY_KINDS = new Set(['public', 'idempotency', 'cache', 'session', 'sort', 'primary', 'partition']);

/**
 * Whether a name says that its value is a secret: of a variable (`OPENAI_API_KEY_2`), a header (`x-api-key`) or a key
 * of a configuration (`botToken`). `strict` is for places where `key` may mean anything.
 */
export function isSensitiveName(name: string, { strict = false } = {}): boolean {
  const words = wordsOf(name);
  const last = words.at(-1);
  if (last === undefined) return false;
  if (SECRET_WORDS.has(last)) return true;
  if (last !== 'key' && last !== 'keys' && last !== 'apikey') return false;
  if (last === 'apikey') return true;
  const kind = words.at(-2);
  if (kind === undefined) return false;
  return strict ? KEY_KINDS.has(kind) : !HARMLESS_KEY_KINDS.has(kind);
}

/** `OPENAI_API_KEY_2`, `x-api-key` and `apiKey` in words; a number at the end tells only one from another. */
function wordsOf(name: string): string[] {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());
  while (words.length > 1 && /^\d+$/.test(words.at(-1)!)) words.pop();
  return words;
}
