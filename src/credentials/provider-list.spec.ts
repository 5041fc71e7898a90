import { providersOf } from './provider-list.js';

describe('the address of a provider', () => {
  // prettier-ignore
  it.each<['openai' | 'anthropic', string, string]>([
    ['openai',    'https://one.example/v1/',            'https://one.example/v1'],
    ['openai',    'https://one.example/api',            'https://one.example/api'],
    ['anthropic', 'https://one.example',                'https://one.example/v1'],
    ['anthropic', 'https://one.example/',               'https://one.example/v1'],
    ['anthropic', 'https://one.example/v1',             'https://one.example/v1'],
    ['anthropic', 'https://one.example/v1/',            'https://one.example/v1'],
    ['anthropic', 'https://one.example/anthropic',      'https://one.example/anthropic/v1'],
    ['anthropic', 'https://one.example/a?version=2024', 'https://one.example/a/v1?version=2024'],
  ])('in the dialect of %s, %s is %s', (type, baseUrl, expected) => {
    const providers = providersOf({ mode: 'merge', providers: { own: { type, baseUrl } }, failover: { enabled: false, providers: [] }, agents: [], defaults: {} });

    expect(providers.get('own')!.baseUrl).toBe(expected);
  });
});
