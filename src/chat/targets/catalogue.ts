import type { ConfigSnapshot } from '../../config/settings.js';
import { agentsOf, aliasesOf } from '../../credentials/agent-list.js';
import type { Agent } from '../../credentials/agents.js';
import type { ModelConfig } from '../../credentials/model-config.js';
import { modelConfig, type ModelProvider } from '../../credentials/model-providers.js';
import { type ModelRef, modelRefText, parseModelRef } from '../../credentials/model-ref.js';
import { providersOf } from '../../credentials/provider-list.js';
import { HOUSE_TENANT } from '../../kernel/identity.js';

/** What a configuration lets be called: agents, providers and names of models. */
interface Ground {
  readonly agents: ReadonlyMap<string, Agent>;
  readonly main: Agent;
  readonly providers: ReadonlyMap<string, ModelProvider>;
  readonly aliases: ReadonlyMap<string, string>;
  /** By the name that a provider gives its model, those that list one of it. */
  readonly named: ReadonlyMap<string, readonly ModelRef[]>;
}

/** What the callers of one tenant may see and call. Whatever is closed to them is not there (S078). */
export class Catalogue {
  constructor(
    private readonly ground: Ground,
    private readonly tenantId: string,
  ) {}

  /** The agent that is meant when none is named; undefined when no agent is open to the tenant. */
  get defaultAgent(): Agent | undefined {
    const { main } = this.ground;
    return this.sees(main) ? main : this.agents()[0];
  }

  agent(id: string): Agent | undefined {
    const agent = this.ground.agents.get(id.toLowerCase());
    return agent && this.sees(agent) ? agent : undefined;
  }

  agents(): Agent[] {
    return [...this.ground.agents.values()].filter((agent) => this.sees(agent));
  }

  /** What an agent asks, in order; without what is closed to the tenant. */
  modelsOf({ primary, fallbacks }: Agent): ModelRef[] {
    return [...(primary ? [primary] : []), ...fallbacks].filter((ref) => this.isOpen(ref));
  }

  /** What a name, an alias or `provider/model` can mean: several where more than one provider lists the name. */
  find(text: string): readonly ModelRef[] {
    const { aliases, providers, named } = this.ground;
    const meant = aliases.get(text.toLowerCase()) ?? text;
    const ref = parseModelRef(meant, (id) => providers.has(id));
    if (ref && this.isOpen(ref)) return [ref];
    return (named.get(meant) ?? []).filter((one) => this.isOpen(one));
  }

  /** Every model that the configuration names: of providers, and of agents. */
  models(): ModelRef[] {
    const listed = [...this.ground.named.values()].flat();
    const asked = this.agents().flatMap((agent) => this.modelsOf(agent));
    const byText = new Map([...listed, ...asked].map((ref) => [modelRefText(ref), ref] as const));
    return [...byText.values()].filter((ref) => this.isOpen(ref));
  }

  /** Whether a provider is there, by its id. */
  opens(provider: string): boolean {
    const known = this.ground.providers.get(provider);
    return known !== undefined && this.sees(known);
  }

  private isOpen({ provider }: ModelRef): boolean {
    return this.opens(provider);
  }

  private sees({ tenants }: { readonly tenants?: readonly string[] }): boolean {
    return tenants === undefined || this.tenantId === HOUSE_TENANT || tenants.includes(this.tenantId);
  }
}

/** The catalogue of a tenant under a configuration. */
export function catalogue(config: ConfigSnapshot, tenantId: string): Catalogue {
  const kept = config.once(catalogues);
  const known = kept.get(tenantId);
  if (known) return known;
  const made = new Catalogue(config.once(ground), tenantId);
  kept.set(tenantId, made);
  return made;
}

const catalogues = (): Map<string, Catalogue> => new Map();

/** Reads a configuration for catalogues, once for all tenants. */
export function groundOf(config: ModelConfig): Ground {
  const providers = providersOf(config);
  const agents = agentsOf(config);
  const named = new Map<string, ModelRef[]>();
  for (const { id: provider, models } of providers.values()) {
    for (const { id: model } of models) named.set(model, [...(named.get(model) ?? []), { provider, model }]);
  }
  const main = [...agents.values()].find(({ isDefault }) => isDefault)!;
  return { agents, main, providers, aliases: aliasesOf(config), named };
}

const ground = (config: ConfigSnapshot): Ground => groundOf(config.once(modelConfig));
