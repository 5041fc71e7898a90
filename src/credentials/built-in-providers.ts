import type { Dialect } from './dialects.js';

export interface BuiltInProvider {
  readonly dialect: Dialect;
  readonly baseUrl: string;
  /** Has OpenAI's API of responses too; with the others a chat takes its place. */
  readonly responses?: true;
  /** Runs on one's own machine and asks for no credential. */
  readonly keyless?: true;
}

/** The providers that need no more than a credential. */
// prettier-ignore
export const BUILT_IN_PROVIDERS: Readonly<Record<string, BuiltInProvider>> = {
  anthropic:  { dialect: 'anthropic', baseUrl: 'https://api.anthropic.com/v1' },
  cerebras:   { dialect: 'openai',    baseUrl: 'https://api.cerebras.ai/v1' },
  deepseek:   { dialect: 'openai',    baseUrl: 'https://api.deepseek.com/v1' },
  fireworks:  { dialect: 'openai',    baseUrl: 'https://api.fireworks.ai/inference/v1', responses: true },
  google:     { dialect: 'openai',    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai' },
  groq:       { dialect: 'openai',    baseUrl: 'https://api.groq.com/openai/v1', responses: true },
  mistral:    { dialect: 'openai',    baseUrl: 'https://api.mistral.ai/v1' },
  moonshot:   { dialect: 'openai',    baseUrl: 'https://api.moonshot.ai/v1' },
  ollama:     { dialect: 'openai',    baseUrl: 'http://127.0.0.1:11434/v1', keyless: true },
  openai:     { dialect: 'openai',    baseUrl: 'https://api.openai.com/v1', responses: true },
  'openai-codex': { dialect: 'codex', baseUrl: 'https://chatgpt.com/backend-api/codex' },
  openrouter: { dialect: 'openai',    baseUrl: 'https://openrouter.ai/api/v1', responses: true },
  perplexity: { dialect: 'openai',    baseUrl: 'https://api.perplexity.ai' },
  together:   { dialect: 'openai',    baseUrl: 'https://api.together.xyz/v1' },
  voyage:     { dialect: 'openai',    baseUrl: 'https://api.voyageai.com/v1' },
  xai:        { dialect: 'openai',    baseUrl: 'https://api.x.ai/v1', responses: true },
  zai:        { dialect: 'openai',    baseUrl: 'https://api.z.ai/api/paas/v4' },
};
