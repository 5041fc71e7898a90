import { hasNothing, type ModelStatus } from './model-status.js';

/** What is missing, in the words that people look for in the manual, and what to do about it. */
export interface Problem {
  readonly sentence: string;
  readonly remedy: string;
}

/** Undefined when every provider that the agent asks is opened by something. `all`: with paths. */
export function problemOf({ agent, providers, store }: ModelStatus, all: boolean): Problem | undefined {
  if (hasNothing(providers)) {
    return {
      sentence: `No credentials found for agent "${agent}"${all ? ` (${store})` : ''}`,
      remedy: 'Add one: doorward models auth add --provider anthropic, or set a key such as ANTHROPIC_API_KEY',
    };
  }
  const missing = providers.filter(({ inUse, effective }) => inUse && effective === 'missing').map(({ id }) => id);
  const [first] = missing;
  if (first === undefined) return undefined;
  return {
    sentence: `No credentials found for ${missing.join(', ')}, which agent "${agent}" uses`,
    remedy: `Add one: doorward models auth add --provider ${first}`,
  };
}
