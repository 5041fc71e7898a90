import type { ConfigSnapshot } from '../config/settings.js';
import type { FieldError } from '../kernel/errors.js';
import { agentsOf, aliasesOf } from './agent-list.js';
import { type AgentEntry, AgentsSettings } from './agents.settings.js';
import { modelConfig } from './model-providers.js';
import type { ModelRef } from './model-ref.js';

/** An agent as far as its door is concerned. */
export interface Agent {
  readonly id: string;
  readonly name?: string;
  readonly isDefault: boolean;
  /** Ids of the tenants that it is open to, beside the house; undefined: all of them. */
  readonly tenants?: readonly string[];
  /** Where its profiles are, if not in its folder of the state directory. */
  readonly directory?: string;
  /** What it asks first; undefined when nobody has said. */
  readonly primary?: ModelRef;
  /** What is asked after that, in order. */
  readonly fallbacks: readonly ModelRef[];
}

/** Every agent by id; without a list there is one, `main` (reference A.7). */
export function agents(config: ConfigSnapshot): ReadonlyMap<string, Agent> {
  return agentsOf(config.once(modelConfig));
}

export function defaultAgent(config: ConfigSnapshot): Agent {
  return [...config.once(agents).values()].find(({ isDefault }) => isDefault)!;
}

/** Names of models that people gave them, in lower case, to the reference. */
export function modelAliases(config: ConfigSnapshot): ReadonlyMap<string, string> {
  return aliasesOf(config.once(modelConfig));
}

const AGENT_ID = /^[a-z0-9][a-z0-9_-]{0,63}$/i;

const TENANT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const isListOfTenants = (value: unknown): boolean =>
  Array.isArray(value) && value.every((id) => typeof id === 'string' && TENANT_ID.test(id));

/** What the list must hold for us; everything else in it is the family's. */
export function agentRules(config: ConfigSnapshot): FieldError[] {
  const { list } = config.get(AgentsSettings);
  const seen = new Set<string>();
  return list.flatMap((entry, index) => {
    const path = `agents.list[${index}].id`;
    const id: unknown = (entry as Partial<AgentEntry> | null)?.id;
    if (typeof id !== 'string' || !AGENT_ID.test(id)) {
      return { path, message: 'must be 1 to 64 letters, digits, - or _, and begin with a letter or digit' };
    }
    if (seen.has(id.toLowerCase())) return { path, message: `"${id}" is there twice; give each agent its own id` };
    seen.add(id.toLowerCase());
    const { tenants } = entry;
    if (tenants === undefined || isListOfTenants(tenants)) return [];
    return {
      path: `agents.list[${index}].tenants`,
      message: 'must be a list of ids of tenants; see doorward tenants list',
    };
  });
}
