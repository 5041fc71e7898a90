import type { Choice } from './choice.js';
import type { Dialect } from './dialects.js';

const ANTHROPIC_VERSION = '2023-06-01';
/** What lets a subscription's token in where otherwise only keys come in. */
const ANTHROPIC_OAUTH = 'oauth-2025-04-20';

/** The headers in which a provider wants its credential, lower-case; with what belongs to every request of the dialect. */
export function credentialHeaders(dialect: Dialect, kind: Choice['kind'], value: string): Record<string, string> {
  if (dialect === 'anthropic') return { 'anthropic-version': ANTHROPIC_VERSION, ...anthropicHeaders(kind, value) };
  return kind === 'none' ? {} : { authorization: `Bearer ${value}` };
}

function anthropicHeaders(kind: Choice['kind'], value: string): Record<string, string> {
  if (kind === 'none') return {};
  if (kind === 'api-key') return { 'x-api-key': value };
  return { authorization: `Bearer ${value}`, 'anthropic-beta': ANTHROPIC_OAUTH };
}
