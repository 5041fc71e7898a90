import type { Tokens } from '../../forwarding/tokens.js';
import type { AnthropicUsage } from './wire.js';

/** What comes from a cache, and what goes to one, is counted apart there. */
export function anthropicTokens(usage: AnthropicUsage): Tokens {
  const cachedInput = usage.cache_read_input_tokens ?? 0;
  const writtenInput = usage.cache_creation_input_tokens ?? 0;
  const input = (usage.input_tokens ?? 0) + cachedInput + writtenInput;
  return { input, output: usage.output_tokens ?? 0, cachedInput, writtenInput };
}
