/** What text is turned into; `other` stays text. */
export type TextKind = 'number' | 'boolean' | 'list' | 'other';

const NUMBER = /^-?\d+(\.\d+)?$/;

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['true', '1', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', '0', 'no', 'off'].map((word) => [word, false] as const),
]);

/**
 * A value from text of the environment or the command line; a list is split at commas. Text that does not fit stays
 * as it is, and the setting's own rules refuse it.
 */
export function fromText(text: string, kind: TextKind, isSecret = false): unknown {
  if (isSecret) return text;
  const trimmed = text.trim();
  if (kind === 'number') return NUMBER.test(trimmed) ? Number(trimmed) : trimmed;
  if (kind === 'boolean') return BOOLEANS.get(trimmed.toLowerCase()) ?? trimmed;
  if (kind === 'list')
    return trimmed
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  return trimmed;
}
