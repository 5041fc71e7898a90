import { providerId } from './profile.js';

/** A model of a provider, as `provider/model`. */
export interface ModelRef {
  readonly provider: string;
  /** As the provider names it; it may hold slashes. */
  readonly model: string;
}

/**
 * Reads `provider/model` (split at the first slash) and, where the left side is a known provider, `provider:model`
 * (reference I.17). Undefined for a text that names no provider.
 */
export function parseModelRef(text: string, isProvider: (id: string) => boolean): ModelRef | undefined {
  const ref = text.trim();
  const slash = ref.indexOf('/');
  const colon = ref.indexOf(':');
  if (
    slash > 0 &&
    slash < ref.length - 1 &&
    (colon === -1 || slash < colon || !isProvider(providerId(ref.slice(0, colon))))
  ) {
    return { provider: providerId(ref.slice(0, slash)), model: ref.slice(slash + 1) };
  }
  if (colon < 1 || colon === ref.length - 1 || !isProvider(providerId(ref.slice(0, colon)))) return undefined;
  return { provider: providerId(ref.slice(0, colon)), model: ref.slice(colon + 1) };
}

export function modelRefText({ provider, model }: ModelRef): string {
  return `${provider}/${model}`;
}
