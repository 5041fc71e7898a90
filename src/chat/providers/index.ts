import type { Dialect } from '../../credentials/dialects.js';
import { anthropic } from './anthropic/anthropic.dialect.js';
import { codex } from './codex/codex.dialect.js';
import type { ProviderDialect } from './dialect.js';
import { openAi } from './openai/openai.dialect.js';

/** Every way in which providers are spoken to. */
export const PROVIDER_DIALECTS: readonly ProviderDialect[] = [
  openAi, //    most of them: what came goes on as it is
  anthropic, // translated both ways
  codex, //     subscriptions of ChatGPT: responses alone, always streamed
];

export function dialectOf(id: Dialect): ProviderDialect {
  return PROVIDER_DIALECTS.find((dialect) => dialect.id === id)!;
}
