/** Shorter texts are found by chance in others, and hiding those would say more than it hides. */
const SHORTEST = 8;

const HIDDEN = '[hidden]';

/**
 * Takes known secrets out of JSON lines, wherever they stand: the last net under redaction by name and by form. One
 * expression for all of them, made once.
 */
export function hider(secrets: Iterable<string>): (line: string) => string {
  const texts = [...secrets].filter((secret) => secret.length >= SHORTEST);
  if (texts.length === 0) return (line) => line;
  // As they stand in JSON, as they are (inside a longer text that is escaped alike), and the longest first.
  const forms = new Set(texts.flatMap((text) => [text, JSON.stringify(text).slice(1, -1)]));
  const longestFirst = [...forms].toSorted((a, b) => b.length - a.length);
  const any = new RegExp(longestFirst.map(escaped).join('|'), 'g');
  return (line) => line.replace(any, HIDDEN);
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
