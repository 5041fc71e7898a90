import type { Environment } from './environment.js';
import type { SettingsClass } from './settings.js';
import { PROVIDER_KEY_NAMES } from './provider-keys.js';

/** `OPENAI_API_KEY`, `MY_PROVIDER_API_KEYS`, `GROQ_API_KEY_2`, `OPENCLAW_LIVE_ANTHROPIC_KEY`. */
const PROVIDER_KEY = /^(?:[A-Z][A-Z0-9_]*_API_KEYS?(?:_[A-Z0-9_]+)?|[A-Z_]+_LIVE_[A-Z0-9_]+_KEY)$/;

const PROXY = /^(?:https?|all)_proxy$/i;

const PLACES: ReadonlySet<string> = new Set(['HOME', 'USERPROFILE', 'CODEX_HOME', 'CLAUDE_CONFIG_DIR']);

/**
 * The variables in which people keep the keys of model providers, from every layer of the environment. A part of each
 * snapshot, beside the settings: a request sees the keys that belong to its configuration.
 */
export class ProviderVariables {
  readonly values: Readonly<Record<string, string>>;
  /** Where other programs of this machine keep their logins, as they find them themselves. */
  readonly places: Readonly<Record<string, string>>;
  /** The names of variables that ask for a proxy; calls to models do not take one (src/chat/README.md). */
  readonly proxies: readonly string[];

  constructor(environment?: Environment) {
    const isKey = (name: string): boolean => PROVIDER_KEY.test(name) || PROVIDER_KEY_NAMES.includes(name);
    this.values = environment?.matching(isKey) ?? {};
    this.places = environment?.matching((name) => PLACES.has(name)) ?? {};
    this.proxies = Object.keys(environment?.matching((name) => PROXY.test(name)) ?? {});
  }

  /** As a part of a snapshot. */
  static part(environment: Environment): [[SettingsClass, object]] {
    return [[ProviderVariables, new ProviderVariables(environment)]];
  }
}
