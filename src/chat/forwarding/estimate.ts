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
/** What a picture comes to at most, whatever its size, and wherever its provider fetches it. */
const PICTURE = 2000;
/** Parts that are one, and the names under which they say where it is. Elsewhere the same names hold texts. */
const PICTURE_PARTS = new Set(['image_url', 'input_image', 'image', 'computer_screenshot']);
const PLACES = new Set(['url', 'image_url', 'file_id']);
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
  const answers = [body.n, body.best_of].filter(isCount);
  return (asked.length > 0 ? Math.max(...asked) : longest) * Math.max(1, ...answers);
}

const isCount = (value: unknown): value is number => typeof value === 'number' && value >= 1 && Number.isFinite(value);

/** Beyond ASCII a token may be a single byte: each byte that a character has more counts for itself. */
const textSize = (text: string): number => Math.ceil(text.length / CHARACTERS) + Buffer.byteLength(text) - text.length;

/** A text that is no address of data may be anything: it counts as the text that it is, where that is more. */
const pictureSize = (place: string): number =>
  place.startsWith('data:') ? PICTURE : Math.max(PICTURE, textSize(place));

/** `inPicture`: within a part that is a picture. */
function sizeOf(value: unknown, inPicture = false, name = ''): number {
  if (typeof value === 'string') return inPicture && PLACES.has(name) ? pictureSize(value) : textSize(value);
  // A list of numbers is a text that was cut into tokens already.
  if (typeof value === 'number') return 1;
  if (typeof value !== 'object' || value === null) return 0;
  let size = 0;
  if (Array.isArray(value)) {
    for (const part of value) size += sizeOf(part);
    return size;
  }
  const isPicture = inPicture || isPicturePart(value);
  for (const [key, part] of Object.entries(value)) size += sizeOf(part, isPicture, key);
  return size + 1;
}

/** By its type in any letters, which some providers read as well. */
const isPicturePart = ({ type }: { readonly type?: unknown }): boolean =>
  typeof type === 'string' && PICTURE_PARTS.has(type.toLowerCase());
