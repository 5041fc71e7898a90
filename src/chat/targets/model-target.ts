import type { Agent } from '../../credentials/agents.js';
import { type ModelRef, modelRefText } from '../../credentials/model-ref.js';
import { Refused } from '../../kernel/errors.js';
import type { Catalogue } from './catalogue.js';

/** What a caller names, in its own words. */
export interface Wish {
  /** An agent, a model, or nothing: then the default agent. */
  readonly model?: string;
  /** The id of an agent; it beats an agent that `model` names. */
  readonly agent?: string;
  /** A model to be asked instead of the agent's own. */
  readonly override?: string;
  /** Where the caller says them, for errors; the field `model` unless told. */
  readonly places?: Readonly<Record<'agent' | 'override', string>>;
}

/** What is meant by it. */
export interface ModelTarget {
  /** Whose credentials are used, and for whom it counts. */
  readonly agent: Agent;
  /** The first choice, then the fallbacks. Never empty. */
  readonly models: readonly ModelRef[];
  /** Whether the caller named the model itself, and left no choice to the agent. */
  readonly isNamed: boolean;
}

/** Texts that name models: no longer than any real one, and nothing that cannot be printed. */
const NAME = /^[^\p{Cc}\p{Cs}]{1,256}$/u;

/** `openclaw`, `openclaw/<id>`, `openclaw:<id>`, the same with `doorward`, `agent:<id>`, `default` (contract section 7). */
const AGENT = /^(?:default|(?:openclaw|doorward)(?:[/:](?<own>.+))?|agent:(?<id>.+))$/i;

/**
 * Reads what a caller names against what it may call. Throws Refused('model_not_found') naming what there is instead,
 * Refused('invalid_request') for a name that could be none.
 */
export function modelTarget({ model, agent: named, override, places }: Wish, catalogue: Catalogue): ModelTarget {
  for (const [path, text] of Object.entries({ model, agent: named, override })) {
    if (text !== undefined && !NAME.test(text)) throw badName(places?.[path as keyof typeof places] ?? path);
  }
  const own = agentIn(model);
  const agent = agentOf(named ?? own ?? '', catalogue, named === undefined ? undefined : places?.agent);
  const asked = override ?? (own === undefined ? model : undefined);
  if (asked !== undefined) {
    const place = override === undefined ? undefined : places?.override;
    return { agent, models: [oneOf(asked, catalogue, place)], isNamed: true };
  }
  const models = catalogue.modelsOf(agent);
  if (models.length === 0) {
    throw missing(`agent ${agent.id} asks no model: set agents.defaults.model, or name one as provider/model`);
  }
  return { agent, models, isNamed: false };
}

/** The id of the agent that a model's name means, '' for the default one; undefined where it means no agent. */
function agentIn(model: string | undefined): string | undefined {
  if (model === undefined) return '';
  const match = AGENT.exec(model);
  return match ? (match.groups?.own ?? match.groups?.id ?? '') : undefined;
}

function agentOf(id: string, catalogue: Catalogue, place?: string): Agent {
  const isDefault = id === '' || id.toLowerCase() === 'default';
  const agent = (id === '' ? undefined : catalogue.agent(id)) ?? (isDefault ? catalogue.defaultAgent : undefined);
  if (agent) return agent;
  const known = catalogue.agents().map((one) => `openclaw/${one.id}`);
  throw missing(`no such agent: ${id || 'default'}${known.length > 0 ? `; there are ${known.join(', ')}` : ''}`, place);
}

function oneOf(text: string, catalogue: Catalogue, place?: string): ModelRef {
  const [first, ...more] = catalogue.find(text);
  if (!first) {
    throw missing(`no such model: ${text}; GET /v1/models lists agents and models, others are provider/model`, place);
  }
  if (more.length === 0) return first;
  throw missing(`${text} could be any of ${[first, ...more].map(modelRefText).join(', ')}: name one of them`, place);
}

const missing = (message: string, path = 'model'): Refused =>
  new Refused('model_not_found', { message, fields: [{ path, message }] });

function badName(path: string): Refused {
  const message = 'must be 1 to 256 printable characters';
  return new Refused('invalid_request', { message: `${path}: ${message}`, fields: [{ path, message }] });
}
