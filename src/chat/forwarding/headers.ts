import type { Choice } from '../../credentials/choice.js';
import type { ModelProvider } from '../../credentials/model-providers.js';
import { credentialHeaders } from '../../credentials/provider-headers.js';
import { VERSION } from '../../kernel/version.js';
import type { Redaction } from './redaction.js';

/** What belongs to the connection, or is said by us: a provider's settings cannot change it. */
const OURS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const USER_AGENT = `doorward/${VERSION}`;

const ownHeaders = new WeakMap<ModelProvider, Readonly<Record<string, string>>>();

/** The headers that the configuration gives a provider, lower-case. */
export function configuredHeaders(provider: ModelProvider): Readonly<Record<string, string>> {
  const known = ownHeaders.get(provider);
  if (known) return known;
  const entries = Object.entries(provider.headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  const made = Object.fromEntries(entries.filter(([name]) => !OURS.has(name)));
  ownHeaders.set(provider, made);
  return made;
}

/**
 * All that goes upstream beside the body; nothing of what the caller sent is among it (S182). No compression: a piece of
 * an answer goes on as it comes.
 */
export function requestHeaders({ provider, kind, value }: Choice, isStream: boolean): Record<string, string> {
  return {
    'user-agent': USER_AGENT,
    ...configuredHeaders(provider),
    ...credentialHeaders(provider.dialect, kind, value),
    'content-type': 'application/json',
    accept: isStream ? 'text/event-stream' : 'application/json',
    'accept-encoding': 'identity',
  };
}

/** What of an answer's headers goes on to the caller, and under which name. All else stays here: cookies, accounts, limits. */
// prettier-ignore
const SENT_ON: readonly (readonly [theirs: string, ours: string])[] = [
  ['x-request-id',         'x-upstream-request-id'],
  ['request-id',           'x-upstream-request-id'],
  ['openai-processing-ms', 'openai-processing-ms'],
];

const PRINTABLE = /^[\x20-\x7e]{1,200}$/;

/** The headers with which an answer goes on to the caller: no credential is in them either (S182). */
export function answerHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  contentType: string,
  redaction: Redaction,
): Record<string, string> {
  const sent: Record<string, string> = { 'content-type': contentType };
  for (const [theirs, ours] of SENT_ON) {
    const value = headers[theirs];
    if (typeof value === 'string' && PRINTABLE.test(value)) sent[ours] = redaction.text(value);
  }
  return sent;
}
