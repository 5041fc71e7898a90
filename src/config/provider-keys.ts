// prettier-ignore
const KEYS = [
  'ANTHROPIC', 'CEREBRAS', 'DEEPSEEK', 'FIREWORKS', 'GEMINI', 'GOOGLE', 'GROQ', 'MISTRAL', 'MOONSHOT', 'OPENAI',
  'OPENROUTER', 'PERPLEXITY', 'TOGETHER', 'VOYAGE', 'XAI', 'ZAI', 'Z_AI',
].flatMap((provider) => [`${provider}_API_KEY`, `${provider}_API_KEYS`]);

/** The variables in which people keep the keys of model providers; what an import from the login shell looks for. */
export const PROVIDER_KEY_NAMES: readonly string[] = [
  ...KEYS,
  'ANTHROPIC_OAUTH_TOKEN',
  'COPILOT_GITHUB_TOKEN',
  'GH_TOKEN',
  'GITHUB_TOKEN',
];
