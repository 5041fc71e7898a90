import type { ConfigSnapshot } from '../config/settings.js';
import { nearest } from '../config/nearest.js';
import { SecretsSettings } from './provider.settings.js';
import { providerOf } from './question.js';
import { type SettledRef, wordsOf } from './secret-ref.js';

/** What is wrong with a needed reference beside its form, as a sentence with its remedy, or undefined. Asks nobody. */
export function referenceProblem(ref: SettledRef, config: ConfigSnapshot): string | undefined {
  const settings = providerOf(ref, config);
  if (!settings) return `refers to ${wordsOf(ref)}, and there is no such provider; ${declare(ref, config)}`;
  if (settings.source !== ref.source) {
    const remedy = `write source "${settings.source}", or name another provider`;
    return `refers to ${wordsOf(ref)}, and "${ref.provider}" is declared with source "${settings.source}"; ${remedy}`;
  }
  if (settings.source !== 'file') return undefined;
  if (settings.mode === 'singleValue' && ref.id !== 'value') {
    return `refers to ${wordsOf(ref)}, and the file of a singleValue provider is one secret; write id "value"`;
  }
  if (settings.mode === 'json' && ref.id === 'value') {
    return `refers to ${wordsOf(ref)}, and the provider's file is JSON; write a JSON Pointer such as /value, or set its mode to "singleValue"`;
  }
  return undefined;
}

function declare({ provider }: SettledRef, config: ConfigSnapshot): string {
  const near = nearest(provider, Object.keys(config.get(SecretsSettings).providers));
  return near?.isNear ? `did you mean "${near.word}"?` : `declare it as secrets.providers.${provider}`;
}
