import type { CandidateIndex } from './candidate-index.js';
import type { Exclusion } from './candidate-order.js';
import { sourceName } from './choice.js';
import type { Block } from './cooldown.js';
import type { EnvironmentKey } from './environment-keys.js';
import type { ModelProvider } from './model-providers.js';
import type { Profile } from './profile.js';

/** One credential that would be thought of, by name; never what it is. */
export interface ExplainedCandidate {
  /** `profile anthropic:work`, `OPENAI_API_KEY`, `models.providers.openai.apiKey`. */
  readonly name: string;
  readonly source: 'profile' | 'environment' | 'configuration' | 'keyless';
  readonly profileId?: string;
  readonly type?: Profile['type'];
  /** The agent whose profile it is. */
  readonly owner?: string;
  /** Why it rests, and until when in ms since the epoch. */
  readonly block?: Block;
  /** Why it is there and not asked, in a sentence. */
  readonly unused?: string;
}

/** Why a credential is chosen for an agent at a provider. */
export interface Explanation {
  readonly agent: string;
  readonly provider: string;
  readonly model?: string;
  readonly pin?: string;
  /** Which list gives the order of the profiles. */
  readonly order: string;
  /** In the order in which they are asked. */
  readonly candidates: readonly ExplainedCandidate[];
  readonly excluded: readonly { readonly profileId: string; readonly why: Exclusion }[];
  /** The name of the one that comes next; absent when there is none. */
  readonly next?: string;
  /** When there is none: the time in ms since the epoch at which the first one has rested. */
  readonly restsUntil?: number;
}

export interface ExplanationGround {
  readonly agent: string;
  readonly provider: ModelProvider;
  readonly model?: string;
  readonly pin?: string;
  readonly index: CandidateIndex;
  readonly keys: readonly EnvironmentKey[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly ownerOf: (id: string) => string;
}

/** Puts a choice into words without making it. */
export function explain(ground: ExplanationGround): Explanation {
  const { agent, provider, model, pin, index, now } = ground;
  const order = index.explain({ model, pin, now });
  const profiles = provider.usesAws
    ? []
    : order.candidates.map(({ id, profile, block }) => profileOf(ground, id, profile, block));
  const isPinned = pin !== undefined;
  const mayGo = ({ profileId, block }: ExplainedCandidate): boolean => (isPinned ? profileId === pin : !block);
  const others = otherSources(ground, profiles.length > 0 || isPinned);
  const candidates = [...profiles.map((one) => withPin(one, pin)), ...others];
  const next = candidates.find((candidate) => candidate.unused === undefined && mayGo(candidate));
  const restsUntil = next ? undefined : index.nextFree(model, now);
  return {
    agent,
    provider: provider.id,
    ...(model !== undefined && { model }),
    ...(isPinned && { pin }),
    order: order.source,
    candidates,
    excluded: order.excluded.map(({ id, why }) => ({ profileId: id, why })),
    ...(next && { next: next.name }),
    ...(restsUntil !== undefined && { restsUntil }),
  };
}

function profileOf(
  { provider, ownerOf }: ExplanationGround,
  id: string,
  { type }: Profile,
  block: Block | undefined,
): ExplainedCandidate {
  const name = sourceName({ kind: 'profile', id, type }, provider.id);
  return { name, source: 'profile', profileId: id, type, owner: ownerOf(id), ...(block && { block }) };
}

function withPin(candidate: ExplainedCandidate, pin: string | undefined): ExplainedCandidate {
  if (pin === undefined || candidate.profileId === pin) return candidate;
  return { ...candidate, unused: `the session has chosen ${pin}` };
}

/** The environment is asked where no profile stands, the configuration where neither does (reference F.3). */
function otherSources({ provider, keys }: ExplanationGround, hasProfile: boolean): ExplainedCandidate[] {
  const beaten = hasProfile ? 'a profile stands before it' : undefined;
  const last = beaten ?? (keys.length > 0 ? 'the environment stands before it' : undefined);
  const why = (unused: string | undefined): object => (unused === undefined ? {} : { unused });
  const fromKeys = keys.map(({ variable }): ExplainedCandidate => {
    return { name: variable, source: 'environment', ...why(beaten) };
  });
  const configured = sourceName({ kind: 'configuration' }, provider.id);
  if (provider.apiKey !== undefined) return [...fromKeys, { name: configured, source: 'configuration', ...why(last) }];
  const keyless = sourceName({ kind: 'keyless' }, provider.id);
  return provider.isKeyless ? [...fromKeys, { name: keyless, source: 'keyless', ...why(last) }] : fromKeys;
}
