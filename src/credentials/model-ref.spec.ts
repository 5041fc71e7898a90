import { agentsOf } from './agent-list.js';
import type { AgentModel } from './agents.settings.js';
import type { ModelConfig } from './model-config.js';
import { parseModelRef } from './model-ref.js';

const PROVIDERS = new Set(['openai', 'anthropic', 'ollama', 'zai', 'google']);

describe('a model with its provider', () => {
  // prettier-ignore
  it.each<[string, string | undefined]>([
    ['openai/gpt-5',                      'openai gpt-5'],
    [' OpenAI/gpt-5 ',                    'openai gpt-5'],
    ['openrouter/meta/llama-3:free',      'openrouter meta/llama-3:free'],
    ['openai:gpt-5',                      'openai gpt-5'],
    ['ollama:llama3:8b',                  'ollama llama3:8b'],
    ['ollama:library/llama3',             'ollama library/llama3'],
    ['ollama/llama3:8b',                  'ollama llama3:8b'],
    ['gemini/pro',                        'google pro'],
    ['claude:opus',                       'anthropic opus'],
    ['z.ai/glm',                          'zai glm'],
    ['llama3:8b',                         undefined],
    ['gpt-5',                             undefined],
    ['/gpt-5',                            undefined],
    ['openai/',                           undefined],
    ['openai:',                           undefined],
    ['',                                  undefined],
  ])('%j is %j', (text, expected) => {
    const ref = parseModelRef(text, (id) => PROVIDERS.has(id));
    expect(ref && `${ref.provider} ${ref.model}`).toBe(expected);
  });
});

describe('the models of an agent', () => {
  const CONFIG: ModelConfig = {
    mode: 'merge',
    defaultModel: 'own:first',
    providers: { own: { baseUrl: 'https://own.example/v1', models: ['first', { id: 'second' }] }, bare: {} },
    failover: { enabled: true, providers: ['own', 'anthropic/opus', 'bare'] },
    agents: [],
    defaults: { models: { 'anthropic/opus': { alias: 'Opus' } } },
  };

  /** The first model and the ones after it. */
  function models(model: AgentModel | undefined, more: Partial<ModelConfig> = {}): string {
    const config = { ...CONFIG, ...more, agents: [{ id: 'main', model }] };
    const { primary, fallbacks } = agentsOf(config).get('main')!;
    return [primary, ...fallbacks].map((ref) => (ref ? `${ref.provider}/${ref.model}` : '-')).join(' ');
  }

  const DEFAULTS = { defaults: { model: { primary: 'openai/gpt-5', fallbacks: ['own/second'] } } } as const;

  // prettier-ignore
  it.each<[string, AgentModel | undefined, Partial<ModelConfig>, string]>([
    ['nothing but models.default',      undefined,                             {},       'own/first anthropic/opus'],
    ['a plain name',                    'openai/gpt-5',                        {},       'openai/gpt-5 own/first anthropic/opus'],
    ['an alias',                        'opus',                                {},       'anthropic/opus own/first'],
    ['a primary',                       { primary: 'openai/gpt-5' },           {},       'openai/gpt-5 own/first anthropic/opus'],
    ['`default`, as document 004',      { default: 'openai/gpt-5' },           {},       'openai/gpt-5 own/first anthropic/opus'],
    ['a provider, as document 004',     { provider: 'own' },                   {},       'own/first anthropic/opus'],
    ['the defaults',                    undefined,                             DEFAULTS, 'openai/gpt-5 own/second'],
    ['a name beside the defaults',      'anthropic/opus',                      DEFAULTS, 'anthropic/opus own/second'],
    ['an object beside the defaults',   { primary: 'anthropic/opus', fallbacks: [] }, DEFAULTS, 'anthropic/opus'],
    ['no failover',                     'openai/gpt-5', { failover: { enabled: false, providers: ['own'] } }, 'openai/gpt-5'],
  ])('%s', (_, model, more, expected) => {
    expect(models(model, more)).toBe(expected);
  });
});
