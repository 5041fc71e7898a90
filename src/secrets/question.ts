import { hash } from 'node:crypto';
import type { SecretReference } from '../config/secret-source.js';
import type { ConfigSnapshot } from '../config/settings.js';
import { EnvProvider, type ProviderSettings, SecretsSettings } from './provider.settings.js';
import { keyOf, type SettledRef, type SourceName } from './secret-ref.js';
import { SecretDefaults } from './secrets.settings.js';

/** What is asked of one provider, once, for everybody who needs something of it. */
export interface Question {
  readonly alias: string;
  readonly source: SourceName;
  readonly settings: ProviderSettings;
  /** Each once. */
  readonly ids: readonly string[];
  /** Changes when the provider's settings do. */
  readonly fingerprint: string;
}

const DEFAULT_ALIAS = 'default';

/** A reference with its provider filled in: its own, else the source's default. */
export function settle({ source, provider, id }: SecretReference, config: ConfigSnapshot): SettledRef {
  const name = source as SourceName;
  return { source: name, provider: provider ?? config.get(SecretDefaults)[name] ?? DEFAULT_ALIAS, id };
}

/** Who answers for a reference, or undefined. The environment under its default name needs no declaration. */
export function providerOf({ source, provider }: SettledRef, config: ConfigSnapshot): ProviderSettings | undefined {
  const { providers } = config.get(SecretsSettings);
  if (Object.hasOwn(providers, provider)) return providers[provider];
  const isDefault = provider === (config.get(SecretDefaults).env ?? DEFAULT_ALIAS);
  return source === 'env' && isDefault ? new EnvProvider() : undefined;
}

/** One question to each provider of these references, which must all have one. */
export function questionsFor(refs: readonly SettledRef[], config: ConfigSnapshot): Question[] {
  const byProvider = new Map<string, SettledRef[]>();
  for (const ref of refs) byProvider.set(ref.provider, [...(byProvider.get(ref.provider) ?? []), ref]);
  return [...byProvider].map(([alias, own]) => {
    const settings = providerOf(own[0]!, config)!;
    const ids = [...new Set(own.map(({ id }) => id))];
    const fingerprint = hash('sha256', JSON.stringify([alias, settings]), 'hex');
    return { alias, source: settings.source, settings, ids, fingerprint };
  });
}

export const keysOf = ({ alias, source, ids }: Question): string[] =>
  ids.map((id) => keyOf({ source, provider: alias, id }));
