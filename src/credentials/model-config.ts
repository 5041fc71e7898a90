import type { AgentEntry, AgentModel } from './agents.settings.js';
import type { ModelProviderSettings } from './models.settings.js';

/**
 * What a configuration says about models, providers and agents. Made from the settings classes in the gateway, and by
 * `readModelConfig` on the command line, which has no time to load a validator.
 */
export interface ModelConfig {
  /** `merge`: the built-in providers beside those named here. `replace`: these alone. */
  readonly mode: 'merge' | 'replace';
  /** `models.default`. */
  readonly defaultModel?: string;
  readonly providers: Readonly<Record<string, Partial<ModelProviderSettings>>>;
  readonly failover: { readonly enabled: boolean; readonly providers: readonly string[] };
  readonly agents: readonly AgentEntry[];
  /** `agents.defaults`. */
  readonly defaults: {
    readonly model?: AgentModel;
    readonly models?: Readonly<Record<string, { readonly alias?: string }>>;
  };
}
