import type { ConfigSnapshot } from '../../config/settings.js';
import type { Agent } from '../agents.js';
import type { ModelRef } from '../model-ref.js';

/** What a tenant may see of agents and models. What is closed to it is not there (S078). */
export interface Sight {
  /** The agent that is meant when none is named; undefined when no agent is open. */
  readonly defaultAgent: Agent | undefined;
  agent(id: string): Agent | undefined;
  /** What a name, an alias or `provider/model` means; nothing where that is closed. */
  find(text: string): readonly ModelRef[];
  /** Whether a provider is open, by its id. */
  opens(provider: string): boolean;
}

/** Who asks how the models of an agent stand. */
export interface StatusReader {
  /** Whether ids, e-mail addresses, paths and where credentials come from are shown: to admins of the house alone. */
  readonly details: boolean;
  /** What it sees under a configuration; undefined: everything. */
  readonly sightIn?: (config: ConfigSnapshot) => Sight;
}
