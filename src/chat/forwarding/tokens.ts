import type { ModelEntry } from '../../credentials/models.settings.js';
import type { TokenUsage } from '../model-call.js';

/** What a provider counted, or what its answer looks like where it counted nothing. */
export interface Tokens {
  /** All of the prompt, with what came from a cache or went to it. */
  readonly input: number;
  readonly output: number;
  readonly cachedInput: number;
  /** What was written to a cache, where it is priced apart. */
  readonly writtenInput?: number;
  /** Nobody counted: it is told by the size of what came. */
  readonly isGuess?: true;
}

const MILLION = 1_000_000;

/** With what it costs, in US dollars, where the model's entry says so. */
export function priced(tokens: Tokens, entry: ModelEntry | undefined): TokenUsage {
  const { input, output, cachedInput, writtenInput = 0 } = tokens;
  const usage = { input, output, cachedInput };
  const cost = entry?.cost;
  if (!cost || (cost.input === undefined && cost.output === undefined)) return usage;
  const { input: perInput = 0, output: perOutput = 0, cacheRead = perInput, cacheWrite = perInput } = cost;
  const plain = Math.max(0, input - cachedInput - writtenInput);
  const dollars = plain * perInput + cachedInput * cacheRead + writtenInput * cacheWrite + output * perOutput;
  return { ...usage, cost: dollars / MILLION };
}

/** What was counted, as it was; a guess no larger than what the call could come to: size alone proves nothing beyond it. */
export function credible(tokens: Tokens, most: Tokens): Tokens {
  return tokens.isGuess ? { ...tokens, output: Math.min(tokens.output, most.output) } : tokens;
}

/** The counters of OpenAI's APIs in their variants: chat and embeddings, responses. Undefined for what is none of them. */
export function openAiTokens(usage: unknown): Tokens | undefined {
  if (typeof usage !== 'object' || usage === null) return undefined;
  const said = usage as Record<string, unknown>;
  const input = count(said.prompt_tokens) ?? count(said.input_tokens);
  const output = count(said.completion_tokens) ?? count(said.output_tokens);
  const total = count(said.total_tokens);
  if (input === undefined && output === undefined && total === undefined) return undefined;
  const details = (said.prompt_tokens_details ?? said.input_tokens_details) as
    Record<string, unknown> | null | undefined;
  const cachedInput = count(details?.cached_tokens) ?? count(said.prompt_cache_hit_tokens) ?? 0;
  return { input: input ?? Math.max(0, (total ?? 0) - (output ?? 0)), output: output ?? 0, cachedInput };
}

/** More than all that anybody ever says in one call: beyond it a counter says nothing, and the books could not hold it. */
const MOST = 1e12;

/** A counter as a provider says it; undefined for what can be none. */
export function count(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= MOST ? value : undefined;
}
