import type { Dialect } from '../dialects.js';
import type { ModelProvider } from '../model-providers.js';
import type { Profile } from '../profile.js';
import { credentialHeaders } from '../provider-headers.js';

/** One HTTP request. Holds a credential: to be sent at once, and never shown. */
export interface ProbeRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

// prettier-ignore
const PATHS: Readonly<Record<Dialect, string>> = {
  openai:    'chat/completions',
  anthropic: 'messages',
  codex:     'responses',
};

/** The smallest question that a provider answers: a few tokens, so that asking costs next to nothing. */
export function probeRequest(
  provider: ModelProvider,
  credential: { readonly type: Profile['type']; readonly value: string },
  model: string,
  maxTokens: number,
): ProbeRequest {
  const messages = [{ role: 'user', content: 'ping' }];
  const chat = { model, max_tokens: maxTokens, messages };
  // It takes no bound, and answers nothing without instructions.
  const response = { model, instructions: 'Answer with one word.', input: messages, store: false, stream: true };
  const body = provider.dialect === 'codex' ? response : chat;
  return {
    url: `${provider.baseUrl}/${PATHS[provider.dialect]}`,
    headers: { ...providerHeaders(provider, credential), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

/** What goes with every request to a provider: its own headers, and the credential in the one that it wants. */
export function providerHeaders(
  { dialect, headers }: ModelProvider,
  { type, value }: { readonly type: Profile['type']; readonly value: string },
): Record<string, string> {
  const credential = credentialHeaders(dialect, type === 'api_key' ? 'api-key' : 'bearer', value);
  const own = Object.entries(headers).map(([name, text]) => [name.toLowerCase(), text] as const);
  return { ...Object.fromEntries(own), ...credential, accept: 'application/json' };
}
