import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { expandHome } from '../config/state-directory.js';
import { MAIN_AGENT } from './agent-id.js';
import type { Agent } from './agents.js';
import type { AgentEntry, AgentModel } from './agents.settings.js';
import type { ModelConfig } from './model-config.js';
import type { ModelProvider } from './model-providers.js';
import { type ModelRef, parseModelRef } from './model-ref.js';
import { providersOf } from './provider-list.js';

/** What the models of agents are read with. */
interface Ground {
  readonly config: ModelConfig;
  readonly providers: ReadonlyMap<string, ModelProvider>;
  readonly aliases: ReadonlyMap<string, string>;
}

/** Every agent by id; without a list there is one, `main` (reference A.7). */
export function agentsOf(config: ModelConfig): ReadonlyMap<string, Agent> {
  const ground = { config, providers: providersOf(config), aliases: aliasesOf(config) };
  const entries = config.agents.length > 0 ? config.agents : [{ id: MAIN_AGENT }];
  const chosen = entries.find((entry) => entry.default === true) ?? entries[0]!;
  return new Map(entries.map((entry) => [entry.id.toLowerCase(), agentOf(entry, entry === chosen, ground)] as const));
}

/** Names of models that people gave them: `agents.defaults.models.<ref>.alias`. Lower case, to the reference. */
export function aliasesOf({ defaults: { models = {} } }: ModelConfig): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(models).flatMap(([ref, { alias } = {}]) => (alias ? [[alias.toLowerCase(), ref] as const] : [])),
  );
}

/** The first model of a provider that `agents.defaults.models` names, as the provider calls it. */
export function namedModel({ defaults: { models = {} } }: ModelConfig, provider: string): string | undefined {
  const named = Object.keys(models).find((ref) => ref.startsWith(`${provider}/`));
  return named?.slice(provider.length + 1);
}

function agentOf(entry: AgentEntry, isDefault: boolean, ground: Ground): Agent {
  const { defaults, defaultModel } = ground.config;
  const own = modelOf(entry.model, ground);
  const common = modelOf(defaults.model, ground);
  const primary = own.primary ?? common.primary ?? refOf(defaultModel, ground);
  // A plain name replaces the first model only; an object replaces the fallbacks as well.
  const fallbacks = own.fallbacks ?? common.fallbacks ?? failover(primary, ground);
  return {
    id: entry.id.toLowerCase(),
    ...(entry.name !== undefined && { name: entry.name }),
    isDefault,
    ...(entry.tenants !== undefined && { tenants: entry.tenants.map((id) => id.toLowerCase()) }),
    ...(entry.agentDir !== undefined && { directory: resolve(expandHome(entry.agentDir, homedir())) }),
    ...(primary && { primary }),
    fallbacks: fallbacks.filter((ref) => ref.provider !== primary?.provider || ref.model !== primary.model),
  };
}

function modelOf(
  model: AgentModel | undefined,
  ground: Ground,
): { primary?: ModelRef; fallbacks?: readonly ModelRef[] } {
  if (model === undefined) return {};
  if (typeof model === 'string') return { primary: refOf(model, ground) };
  const primary = refOf(model.primary ?? model.default, ground) ?? firstModel(model.provider, ground);
  return { primary, fallbacks: model.fallbacks?.flatMap((text) => refOf(text, ground) ?? []) };
}

function failover(primary: ModelRef | undefined, ground: Ground): ModelRef[] {
  const { enabled, providers } = ground.config.failover;
  if (!enabled) return [];
  return providers
    .filter((provider) => provider !== primary?.provider)
    .flatMap((provider) => firstModel(provider, ground) ?? refOf(provider, ground) ?? []);
}

function firstModel(provider: string | undefined, { providers }: Ground): ModelRef | undefined {
  const known = provider === undefined ? undefined : providers.get(provider.toLowerCase());
  const first = known?.models[0];
  return known && first ? { provider: known.id, model: first.id } : undefined;
}

/** A name, an alias, or `provider/model`. */
function refOf(text: string | undefined, { providers, aliases }: Ground): ModelRef | undefined {
  if (text === undefined) return undefined;
  const meant = aliases.get(text.trim().toLowerCase()) ?? text;
  return parseModelRef(meant, (id) => providers.has(id));
}
