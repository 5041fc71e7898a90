import type { Endpoint } from '../model-call.js';
import type { Tokens } from './tokens.js';

/** What bounds an answer. Which of two names a provider obeys, nobody knows here. */
const BOUNDS: Readonly<Record<Endpoint, readonly string[]>> = {
  'chat/completions': ['max_completion_tokens', 'max_tokens'],
  responses: ['max_output_tokens'],
  embeddings: [],
};

/** Nearly every token of a text in ASCII is at least as long, in characters. */
const CHARACTERS = 3;
/** What a picture comes to at most, whatever its size. It stands under these names, and nowhere else. */
const PICTURE = 2000;
const PICTURES = new Set(['url', 'image_url']);
/** For what surrounds a message. */
const AROUND = 8;

type Body = Readonly<Record<string, unknown>>;

/**
 * The most that a request can come to, for budgets to set aside: its texts counted generously, its pictures as such, and
 * the longest answer that it allows. `longest` is that of the model, where the request sets no bound; `beyond`: what may
 * come on top of either.
 */
export function estimateOf(body: Body, endpoint: Endpoint, longest: number, beyond = 0): Tokens {
  const output = endpoint === 'embeddings' ? 0 : bound(body, endpoint, longest) + beyond;
  return { input: AROUND + sizeOf(body), output, cachedInput: 0 };
}

/** A name that the endpoint does not have bounds nothing. */
function bound(body: Body, endpoint: Endpoint, longest: number): number {
  const asked = BOUNDS[endpoint].map((name) => body[name]).filter(isCount);
  return (asked.length > 0 ? Math.max(...asked) : longest) * (isCount(body.n) ? body.n : 1);
}

const isCount = (value: unknown): value is number => typeof value === 'number' && value >= 1 && Number.isFinite(value);

/** Beyond ASCII a token may be a single byte: each byte that a character has more counts for itself. */
const textSize = (text: string): number => Math.ceil(text.length / CHARACTERS) + Buffer.byteLength(text) - text.length;

function sizeOf(value: unknown, name?: string): number {
  if (typeof value === 'string')
    return value.startsWith('data:') && PICTURES.has(name ?? '') ? PICTURE : textSize(value);
  // A list of numbers is a text that was cut into tokens already.
  if (typeof value === 'number') return 1;
  if (typeof value !== 'object' || value === null) return 0;
  let size = 0;
  if (Array.isArray(value)) {
    for (const part of value) size += sizeOf(part);
    return size;
  }
  for (const [key, part] of Object.entries(value)) size += sizeOf(part, key);
  return size + 1;
}
