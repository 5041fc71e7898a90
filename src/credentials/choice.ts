import type { FailureKind } from './failure-kind.js';
import type { ModelProvider } from './model-providers.js';
import type { Profile } from './profile.js';

/** Where a credential was found. */
export type Source =
  | { readonly kind: 'profile'; readonly id: string; readonly type: Profile['type'] }
  | { readonly kind: 'environment'; readonly variable: string }
  | { readonly kind: 'configuration' }
  | { readonly kind: 'keyless' };

/** A credential for one request to one provider. Used at once and let go: the next request asks anew. */
export interface Choice {
  readonly provider: ModelProvider;
  readonly agent: string;
  readonly source: Source;
  /** How it travels: an API key in the provider's own header, a token as bearer, or nothing. */
  readonly kind: 'api-key' | 'bearer' | 'none';
  readonly value: string;
}

/** What came of one candidate, to be shown to an admin; it never holds a value. */
export interface Step {
  readonly candidate: string;
  readonly outcome: string;
}

/** What a provider answered in place of a result. */
export interface ProviderFailure {
  readonly kind: FailureKind;
  readonly message: string;
}

/** A source in words: `profile anthropic:work`, `OPENAI_API_KEY`, `models.providers.openai.apiKey`, `no key needed`. */
export function sourceName(source: Source, provider: string): string {
  switch (source.kind) {
    case 'profile':
      return `profile ${source.id}`;
    case 'environment':
      return source.variable;
    case 'configuration':
      return `models.providers.${provider}.apiKey`;
    case 'keyless':
      return 'no key needed';
  }
}
