import { printable } from '../../kernel/printable.js';
import type { Redaction } from './redaction.js';

/** More than any provider's explanation needs, in characters. */
const LONGEST = 600;

/** Of a field, with the way to it. In characters. */
const LONGEST_NAME = 200;

/** The words of a provider's error, safe to be shown: without the credential, on one line, bounded. */
export function errorText(body: Buffer, redaction: Redaction): string | undefined {
  const text = body.toString('utf8');
  const said = parsed(text);
  // Of JSON that is put differently, all of it says more than nothing.
  return wordsOf(said, redaction) ?? (typeof said === 'object' && said !== null ? tidy(text, redaction) : undefined);
}

/** The same of a body, or of the data of an event, that is parsed already: `{error: {message, code, type}}` in its variants. */
export function wordsOf(body: unknown, redaction: Redaction): string | undefined {
  const { error, message, detail } = (body ?? {}) as Record<string, unknown>;
  const inner = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  const words = [inner.message, error, message, detail].find((text) => typeof text === 'string' && text !== '');
  if (typeof words !== 'string') return undefined;
  // The code says what the words may not: `insufficient_quota`, `model_not_found`.
  const code = typeof inner.code === 'string' && !words.includes(inner.code) ? ` (${inner.code})` : '';
  return tidy(words + code, redaction);
}

/** The name of the field that an error is about, as the provider calls it. */
export function paramOf(body: unknown, redaction: Redaction): string | undefined {
  const { error, param: outer } = (body ?? {}) as Record<string, unknown>;
  const param = (error as { param?: unknown } | null | undefined)?.param ?? outer;
  if (typeof param !== 'string' || param === '' || param.length > LONGEST_NAME) return undefined;
  return tidy(param, redaction);
}

/** One line of somebody else's words. */
export function tidy(words: string, redaction: Redaction): string {
  const line = printable(redaction.text(words).replace(/\s+/g, ' ').trim());
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // a page of some proxy in between: the status says enough
  }
}
