/** A text that is no JSON Pointer. The message says which rule it breaks, and never quotes it. */
export class PointerError extends Error {
  override readonly name = 'PointerError';
}

/**
 * The reference tokens of a JSON Pointer (RFC 6901 section 3): `/a~1b/0` is `['a/b', '0']`, the empty text the whole
 * document. Throws PointerError.
 */
export function parsePointer(pointer: string): string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw new PointerError('must begin with "/"');
  if (/~(?![01])/.test(pointer)) throw new PointerError('has a "~" that is neither "~0" nor "~1"');
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~')); // in this order: ~01 is ~1 (section 4)
}

const INDEX = /^(0|[1-9][0-9]*)$/;

/**
 * What a pointer names in a parsed JSON document, or undefined where it leads nowhere. Own properties alone count, so
 * that `/__proto__/x` and `/constructor` are nothing unless they stand in the document (S154).
 */
export function valueAtPointer(document: unknown, pointer: string): unknown {
  let value = document;
  for (const token of parsePointer(pointer)) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value) && !INDEX.test(token)) return undefined;
    if (!Object.hasOwn(value, token)) return undefined;
    value = (value as Record<string, unknown>)[token];
  }
  return value;
}
