import { fromText } from '../config/convert.js';
import type { SettingAt } from '../config/setting-at.js';

/**
 * What a word of the command line means as the value of a setting: `8080` is a number where one is expected and text
 * where text is, `a,b` a list where one is expected. What is written as JSON5 (`{…}`, `[…]`) is read as that.
 */
export async function typedValue(text: string, setting: SettingAt | undefined): Promise<unknown> {
  const trimmed = text.trim();
  if (setting?.isSecret) return trimmed.startsWith('{') ? orText(trimmed) : text;
  if (/^[[{]/.test(trimmed)) return orText(trimmed);
  if (setting?.kind === 'text') return /^(["']).*\1$/s.test(trimmed) ? orText(trimmed) : text;
  if (setting && setting.kind !== 'other') return fromText(text, setting.kind);
  return orText(trimmed);
}

async function orText(text: string): Promise<unknown> {
  const { default: JSON5 } = await import('json5');
  try {
    return JSON5.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
