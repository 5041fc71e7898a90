import { codexToken } from '../../../test/credentials/token-stand.js';
import type { Dialect } from '../dialects.js';
import type { ModelProvider } from '../model-providers.js';
import { probeRequest } from './probe-request.js';

const provider = (dialect: Dialect): ModelProvider => ({
  id: 'p',
  dialect,
  knowsResponses: false,
  baseUrl: 'https://p.example.com/v1',
  headers: {},
  models: [],
  isKeyless: false,
  usesAws: false,
  isConfigured: true,
});

const PING = [{ role: 'user', content: 'ping' }];

describe('the smallest question', () => {
  it.each([
    ['openai', 'chat/completions', { authorization: 'Bearer k' }],
    ['anthropic', 'messages', { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' }],
  ] as const)('in %s is one to %s', (dialect, path, credential) => {
    const { url, headers, body } = probeRequest(provider(dialect), { type: 'api_key', value: 'k' }, 'm', 8);
    expect(url).toBe(`https://p.example.com/v1/${path}`);
    expect(headers).toEqual({ ...credential, accept: 'application/json', 'content-type': 'application/json' });
    expect(JSON.parse(body)).toEqual({ model: 'm', max_tokens: 8, messages: PING });
  });

  it('to a subscription of ChatGPT is a response, in the name of its account', () => {
    const value = codexToken('account-1');
    const { url, headers, body } = probeRequest(provider('codex'), { type: 'oauth', value }, 'm', 8);
    expect(url).toBe('https://p.example.com/v1/responses');
    expect(headers).toMatchObject({ authorization: `Bearer ${value}`, 'chatgpt-account-id': 'account-1' });
    expect(JSON.parse(body)).toEqual({
      model: 'm',
      instructions: expect.any(String),
      input: PING,
      store: false,
      stream: true,
    });
  });
});
