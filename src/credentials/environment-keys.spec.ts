import { environmentKey, environmentKeys } from './environment-keys.js';

const values = (provider: string, variables: Record<string, string>): string[] =>
  environmentKeys(provider, variables).map(({ value }) => value);

describe('the keys of the environment, in the order of the documents', () => {
  // prettier-ignore
  it.each([
    // provider      variables                                                                    keys
    ['openai',       {},                                                                          []],
    ['openai',       { OPENAI_API_KEY: ' ' },                                                     []],
    ['openai',       { OPENAI_API_KEY: 'a' },                                                     ['a']],
    ['openai',       { OPENAI_API_KEYS: 'a, b;c\nd' },                                            ['a', 'b', 'c', 'd']],
    ['openai',       { OPENAI_API_KEY_1: 'c', OPENAI_API_KEY: 'b', OPENAI_API_KEYS: 'a' },        ['a', 'b', 'c']],
    ['openai',       { OPENAI_API_KEY_10: 'j', OPENAI_API_KEY_9: 'i', OPENAI_API_KEY_X: 'x' },    ['i', 'j', 'x']],
    ['openai',       { OPENAI_API_KEYS: 'a,b,a', OPENAI_API_KEY: 'b', OPENAI_API_KEY_2: 'c' },    ['a', 'b', 'c']],
    ['openai',       { OPENCLAW_LIVE_OPENAI_KEY: 'live', OPENAI_API_KEYS: 'a,b' },                ['live']],
    ['openai',       { DOORWARD_LIVE_OPENAI_KEY: 'ours', OPENCLAW_LIVE_OPENAI_KEY: 'live' },      ['ours']],
    ['openai',       { ANTHROPIC_API_KEY: 'a', OPENAI_API_KEYFOB: 'b', OPENAI_API_KEY_: 'c' },    ['c']],
    ['google',       { GEMINI_API_KEY: 'a', GOOGLE_API_KEY: 'b' },                                ['a', 'b']],
    ['gemini',       { GOOGLE_API_KEY: 'b' },                                                     ['b']],
    ['my-provider',  { MY_PROVIDER_API_KEY: 'a', MY_PROVIDER_API_KEY_B: 'b' },                    ['a', 'b']],
  ])('%s with %j → %j', (provider, variables, keys) => {
    expect(values(provider, variables as Record<string, string>)).toEqual(keys);
  });

  it('the key in use comes first, once', () => {
    const primary = { variable: 'OPENAI_API_KEY', value: 'b' };
    const keys = environmentKeys('openai', { OPENAI_API_KEYS: 'a,b', OPENAI_API_KEY: 'b' }, primary);

    expect(keys.map(({ value }) => value)).toEqual(['b', 'a']);
  });
});

describe('a provider’s one credential', () => {
  // prettier-ignore
  it.each([
    ['anthropic',      { ANTHROPIC_API_KEY: 'k', ANTHROPIC_OAUTH_TOKEN: 't' },  'ANTHROPIC_OAUTH_TOKEN'],
    ['anthropic',      { ANTHROPIC_API_KEY: 'k' },                              'ANTHROPIC_API_KEY'],
    ['github-copilot', { GITHUB_TOKEN: 'c', GH_TOKEN: 'b' },                    'GH_TOKEN'],
    ['zai',            { Z_AI_API_KEY: 'k' },                                   'Z_AI_API_KEY'],
    ['groq',           { GROQ_API_KEY: 'k' },                                   'GROQ_API_KEY'],
    ['groq',           { GROQ_API_KEYS: 'k' },                                  undefined],
  ])('%s with %j: %s', (provider, variables, variable) => {
    expect(environmentKey(provider, variables as Record<string, string>)?.variable).toBe(variable);
  });
});
