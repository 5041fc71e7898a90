import { count, type Tokens } from '../../forwarding/tokens.js';
import type { AnthropicUsage } from './wire.js';

/** What comes from a cache, and what goes to one, is counted apart there. Undefined where nothing is counted at all. */
export function anthropicTokens(usage: AnthropicUsage): Tokens | undefined {
  const [said, output] = [count(usage.input_tokens), count(usage.output_tokens)];
  if (said === undefined && output === undefined) return undefined;
  const cachedInput = count(usage.cache_read_input_tokens) ?? 0;
  const writtenInput = count(usage.cache_creation_input_tokens) ?? 0;
  return { input: (said ?? 0) + cachedInput + writtenInput, output: output ?? 0, cachedInput, writtenInput };
}
