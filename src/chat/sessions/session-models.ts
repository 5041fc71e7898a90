import type { ConfigSnapshot } from '../../config/settings.js';
import { modelAliases } from '../../credentials/agents.js';
import { type ModelRef, modelRefText, parseModelRef } from '../../credentials/model-ref.js';
import { ModelsSettings } from '../../credentials/models.settings.js';
import { modelProviders } from '../../credentials/model-providers.js';
import { Refused } from '../../kernel/errors.js';
import { catalogue } from '../targets/catalogue.js';
import { modelTarget } from '../targets/model-target.js';
import type { SessionChoice } from './session.js';
import { SessionsSettings } from './sessions.settings.js';

/** One line of what a person can pick from; `number` is what `/model <n>` takes. */
export interface MenuLine {
  readonly number: number;
  readonly ref: ModelRef;
  readonly alias?: string;
}

type Chosen = Omit<SessionChoice, 'profile'>;

/**
 * What a session asks, in order: what was chosen for it, then the agent's fallbacks and at last what the agent asks first
 * (reference F.4). Throws Refused when the agent or the model is no longer there, or none is configured.
 */
export function modelsOf({ tenantId, agent, model }: Chosen, config: ConfigSnapshot): readonly ModelRef[] {
  const known = catalogue(config, tenantId);
  if (model === null) return modelTarget({ agent }, known).models;
  const own = modelTarget({ agent, override: model }, known);
  const [primary, ...fallbacks] = known.modelsOf(own.agent);
  return unique([...own.models, ...fallbacks, ...(primary ? [primary] : [])]);
}

/** What can be picked by number: what the agent asks, then every other model that the configuration names. */
export function modelMenu({ tenantId, agent }: Chosen, config: ConfigSnapshot): readonly MenuLine[] {
  const known = catalogue(config, tenantId);
  const one = known.agent(agent);
  const aliases = new Map([...config.once(modelAliases)].map(([alias, ref]) => [ref, alias]));
  const named = [...aliases.keys()].flatMap((text) => known.find(text));
  return unique([...(one ? known.modelsOf(one) : []), ...named, ...known.models()]).map((ref, index) => {
    const alias = aliases.get(modelRefText(ref));
    return { number: index + 1, ref, ...(alias !== undefined && { alias }) };
  });
}

/** Throws Refused('model_not_found') for an agent that is not there, or not open to the tenant. */
export function refuseUnknownAgent({ tenantId, agent }: Chosen, config: ConfigSnapshot): void {
  const known = catalogue(config, tenantId);
  if (!known.agent(agent)) modelTarget({ agent }, known);
}

/** A model by the name that a person gives it. Throws Refused for one that is not there, or could be several. */
export function modelCalled(text: string, { tenantId, agent }: Chosen, config: ConfigSnapshot): ModelRef {
  return modelTarget({ agent, override: text }, catalogue(config, tenantId)).models[0]!;
}

/** How much of a conversation may go to a model, in tokens, with room left for its answer. */
export function contextRoom({ provider, model }: ModelRef, config: ConfigSnapshot): number {
  const entry = config
    .once(modelProviders)
    .get(provider)
    ?.models.find(({ id }) => id === model);
  const window = entry?.contextWindow ?? providerWindow(provider, config) ?? config.get(SessionsSettings).contextWindow;
  return window - Math.min(entry?.maxTokens ?? USUAL_ANSWER, Math.floor(window / 2));
}

const USUAL_ANSWER = 8192;

function providerWindow(provider: string, config: ConfigSnapshot): number | undefined {
  const { providers } = config.get(ModelsSettings);
  return Object.entries(providers).find(([name]) => name.toLowerCase() === provider)?.[1].contextWindow;
}

/** The model of a session as it is stored; undefined where none was chosen. */
export function storedModel(session: Chosen, config: ConfigSnapshot): ModelRef | undefined {
  if (session.model === null) return undefined;
  return parseModelRef(session.model, (id) => config.once(modelProviders).has(id));
}

/** What a session asks first; undefined when nothing can be asked. */
export function currentModel(session: Chosen, config: ConfigSnapshot): ModelRef | undefined {
  try {
    return modelsOf(session, config)[0];
  } catch (error) {
    if (error instanceof Refused) return storedModel(session, config);
    throw error;
  }
}

function unique(refs: readonly ModelRef[]): ModelRef[] {
  return [...new Map(refs.map((ref) => [modelRefText(ref), ref] as const)).values()];
}
