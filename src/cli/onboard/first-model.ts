import type { Agent } from '../../credentials/agents.js';
import type { LocalCredentials } from '../../credentials/local/open-local.js';
import { modelRefText } from '../../credentials/model-ref.js';
import type { ModelProvider } from '../../credentials/model-providers.js';
import { CliError } from '../cli-error.js';
import type { Conversation } from '../conversation.js';
import { modelNamed, primaryEdit } from '../models-set.js';
import { type Draft, isKept } from './draft.js';
import type { OnboardOptions } from './options.js';

const PATH = 'agents.defaults.model';

interface Ground {
  /** Whose key was given, or who needs none. */
  readonly provider: ModelProvider | undefined;
  readonly agent: Agent;
  readonly local: LocalCredentials;
}

/** The model that agents ask first. Only where a provider was chosen and nobody has named a model is one missing. */
export async function modelAnswer(
  draft: Draft,
  { model }: OnboardOptions,
  talk: Conversation | undefined,
  { provider, agent, local }: Ground,
): Promise<void> {
  const present = agent.primary && modelRefText(agent.primary);
  const isMissing = provider !== undefined && present === undefined;
  const text = model ?? (isMissing ? await missingModel(provider, talk, local) : undefined);
  if (text === undefined) {
    if (isMissing) draft.notes.push(`Agents need a model yet: doorward models set ${provider.id}/<model>`);
    return;
  }
  const ref = modelNamed(text, local);
  if (ref === present) return;
  if (draft.scene.mode === 'keep' && present !== undefined) throw isKept(PATH, '--model');
  draft.add(PATH, ref, (tree) => [primaryEdit(ref, undefined, tree, local)]);
}

async function missingModel(
  provider: ModelProvider,
  talk: Conversation | undefined,
  local: LocalCredentials,
): Promise<string | undefined> {
  const { configuredModelOf } = await import('../../credentials/local/first-model.js');
  const known = configuredModelOf(provider, local.config);
  if (!talk) return known;
  const answer = await talk.ask(`Which model do agents ask first? As ${provider.id}/<model>, or "skip":`, {
    initial: known ?? 'skip',
    check: (typed) => (typed === 'skip' ? undefined : problemOf(typed, local)),
  });
  return answer === 'skip' ? undefined : answer;
}

function problemOf(typed: string, local: LocalCredentials): string | undefined {
  try {
    modelNamed(typed, local);
    return undefined;
  } catch (error) {
    if (error instanceof CliError) return `${error.message}. ${error.nextStep ?? ''}`;
    throw error;
  }
}
