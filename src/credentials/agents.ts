import { resolve } from 'node:path';
import type { ConfigSnapshot } from '../config/settings.js';
import type { FieldError } from '../kernel/errors.js';
import { MAIN_AGENT } from './agent-id.js';
import { type AgentEntry, type AgentModel, AgentsSettings } from './agents.settings.js';
import { modelProviders } from './model-providers.js';
import { type ModelRef, parseModelRef } from './model-ref.js';
import { FailoverSettings, ModelsSettings } from './models.settings.js';

/** An agent as far as its door is concerned. */
export interface Agent {
  readonly id: string;
  readonly name?: string;
  readonly isDefault: boolean;
  /** Where its profiles are, if not in its folder of the state directory. */
  readonly directory?: string;
  /** What it asks first; undefined when nobody has said. */
  readonly primary?: ModelRef;
  /** What is asked after that, in order. */
  readonly fallbacks: readonly ModelRef[];
}

/** Every agent by id; without a list there is one, `main` (reference A.7). */
export function agents(config: ConfigSnapshot): ReadonlyMap<string, Agent> {
  const { list } = config.get(AgentsSettings);
  const entries = list.length > 0 ? list : [{ id: MAIN_AGENT }];
  const chosen = entries.find((entry) => entry.default === true) ?? entries[0]!;
  return new Map(entries.map((entry) => [entry.id.toLowerCase(), agentOf(entry, entry === chosen, config)] as const));
}

export function defaultAgent(config: ConfigSnapshot): Agent {
  return [...config.once(agents).values()].find(({ isDefault }) => isDefault)!;
}

/** Names of models that people gave them: `agents.defaults.models.<ref>.alias`. Lower case, to the reference. */
export function modelAliases(config: ConfigSnapshot): ReadonlyMap<string, string> {
  const known = config.get(AgentsSettings).defaults.models ?? {};
  return new Map(
    Object.entries(known).flatMap(([ref, { alias } = {}]) => (alias ? [[alias.toLowerCase(), ref] as const] : [])),
  );
}

const AGENT_ID = /^[a-z0-9][a-z0-9_-]{0,63}$/i;

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
    return [];
  });
}

function agentOf(entry: AgentEntry, isDefault: boolean, config: ConfigSnapshot): Agent {
  const { defaults } = config.get(AgentsSettings);
  const own = modelOf(entry.model, config);
  const common = modelOf(defaults.model, config);
  const primary = own.primary ?? common.primary ?? refOf(config.get(ModelsSettings).default, config);
  // A plain name replaces the first model only; an object replaces the fallbacks as well.
  const fallbacks = own.fallbacks ?? common.fallbacks ?? failover(primary, config);
  return {
    id: entry.id.toLowerCase(),
    ...(entry.name !== undefined && { name: entry.name }),
    isDefault,
    ...(entry.agentDir !== undefined && { directory: resolve(entry.agentDir) }),
    ...(primary && { primary }),
    fallbacks: fallbacks.filter((ref) => ref.provider !== primary?.provider || ref.model !== primary.model),
  };
}

function modelOf(
  model: AgentModel | undefined,
  config: ConfigSnapshot,
): { primary?: ModelRef; fallbacks?: readonly ModelRef[] } {
  if (model === undefined) return {};
  if (typeof model === 'string') return { primary: refOf(model, config) };
  const primary = refOf(model.primary ?? model.default, config) ?? firstModel(model.provider, config);
  return { primary, fallbacks: model.fallbacks?.flatMap((text) => refOf(text, config) ?? []) };
}

function failover(primary: ModelRef | undefined, config: ConfigSnapshot): ModelRef[] {
  const { enabled, providers } = config.get(FailoverSettings);
  if (!enabled) return [];
  return providers
    .filter((provider) => provider !== primary?.provider)
    .flatMap((provider) => firstModel(provider, config) ?? refOf(provider, config) ?? []);
}

function firstModel(provider: string | undefined, config: ConfigSnapshot): ModelRef | undefined {
  const known = provider === undefined ? undefined : config.once(modelProviders).get(provider.toLowerCase());
  const first = known?.models[0];
  return known && first ? { provider: known.id, model: first.id } : undefined;
}

/** A name, an alias, or `provider/model`. */
function refOf(text: string | undefined, config: ConfigSnapshot): ModelRef | undefined {
  if (text === undefined) return undefined;
  const meant = config.once(modelAliases).get(text.trim().toLowerCase()) ?? text;
  return parseModelRef(meant, (id) => config.once(modelProviders).has(id));
}
