import type { Choice } from './choice.js';
import type { Dialect } from './dialects.js';
import { codexAccount } from './oauth/codex-account.js';

const ANTHROPIC_VERSION = '2023-06-01';
/** What lets a subscription's token in where otherwise only keys come in. */
const ANTHROPIC_OAUTH = 'oauth-2025-04-20';

/** What Codex says beside its credential; the originator is whoever speaks. */
const CODEX = { 'openai-beta': 'responses=experimental', originator: 'doorward' };

/** The headers in which a provider wants its credential, lower-case; with what belongs to every request of the dialect. */
export function credentialHeaders(dialect: Dialect, kind: Choice['kind'], value: string): Record<string, string> {
  if (dialect === 'anthropic') return { 'anthropic-version': ANTHROPIC_VERSION, ...anthropicHeaders(kind, value) };
  if (dialect === 'codex') return { ...CODEX, ...codexHeaders(kind, value) };
  return kind === 'none' ? {} : { authorization: `Bearer ${value}` };
}

/** A subscription is named beside the token that opens it: the token says which (reference F.8). */
function codexHeaders(kind: Choice['kind'], value: string): Record<string, string> {
  if (kind === 'none') return {};
  const account = codexAccount(value);
  return { authorization: `Bearer ${value}`, ...(account && { 'chatgpt-account-id': account.accountId }) };
}

function anthropicHeaders(kind: Choice['kind'], value: string): Record<string, string> {
  if (kind === 'none') return {};
  if (kind === 'api-key') return { 'x-api-key': value };
  return { authorization: `Bearer ${value}`, 'anthropic-beta': ANTHROPIC_OAUTH };
}
