/** How a provider speaks: most of them as OpenAI does. */
export const DIALECTS = ['openai', 'anthropic', 'codex'] as const;
export type Dialect = (typeof DIALECTS)[number];

/** The family's word for the dialect (reference A.7); of those that are missing here, none can be spoken to. */
export const APIS: Readonly<Record<string, Dialect>> = {
  'openai-completions': 'openai',
  'openai-responses': 'openai',
  'anthropic-messages': 'anthropic',
  'openai-codex-responses': 'codex',
};
