import { IsArray, IsObject, IsOptional } from 'class-validator';
import { Settings } from '../config/settings.js';

/** A model, or a model with others to fall back to; `{ provider }` and `{ default }` are document 004's ways. */
export type AgentModel =
  | string
  | {
      readonly primary?: string;
      readonly default?: string;
      readonly provider?: string;
      readonly fallbacks?: readonly string[];
    };

/** `agents.list[]`. What else the family writes there concerns its agents, not their door, and is left alone. */
export interface AgentEntry {
  readonly id: string;
  readonly default?: boolean;
  readonly name?: string;
  readonly agentDir?: string;
  readonly model?: AgentModel;
  /** Ids of the tenants whose people may call it; without the key all may. */
  readonly tenants?: readonly string[];
}

@Settings('agents')
export class AgentsSettings {
  /** Of it, `model` and `models` (names and aliases of models) are read. */
  @IsOptional()
  @IsObject()
  defaults: {
    readonly model?: AgentModel;
    readonly models?: Readonly<Record<string, { readonly alias?: string }>>;
  } = {};

  @IsArray()
  list: readonly AgentEntry[] = [];
}
