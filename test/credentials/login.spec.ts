import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { chooseMethod, loginMethods } from '../../src/credentials/methods/choose-method.js';
import { expiresAt } from '../../src/credentials/methods/expires-in.js';
import { LOGIN_METHODS } from '../../src/credentials/methods/index.js';
import type { LoginRequest } from '../../src/credentials/methods/login-method.js';
import { profileNote, storeLogin } from '../../src/credentials/methods/store-login.js';
import { oauthProvidersOf } from '../../src/credentials/oauth/oauth-provider.js';
import type { Profile } from '../../src/credentials/profile.js';
import { FileProfileStore } from '../../src/credentials/stores/file.profile-store.js';
import { newStateDir } from '../helpers/embedded.js';
import { loginGround, Person } from './ground.js';

const SETUP_TOKEN = `sk-ant-oat01-${'x'.repeat(95)}`;
const NOW = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;

/** Logs in by a method; what was asked of the person is in `person.asked`. */
async function login(method: string, request: LoginRequest, person = new Person()) {
  const ground = { ...loginGround(person), clock: { now: () => NOW, after: () => () => undefined } };
  return chooseMethod(request.provider, ground.providers, method).login(request, ground);
}

describe('the ways to log in', () => {
  const providers = oauthProvidersOf({
    mine: { tokenEndpoint: 'https://a.example/t', clientId: 'x', deviceAuthorizationEndpoint: 'https://a.example/d' },
  });

  it.each([
    ['anthropic', ['api-key', 'setup-token', 'claude-code', 'paste-token']],
    ['openai-codex', ['browser', 'api-key', 'codex', 'paste-token']],
    ['openai', ['api-key', 'paste-token']],
    ['mine', ['device-code', 'api-key', 'paste-token']],
  ])('at %s are %j, the best first', (provider, ids) => {
    expect(loginMethods(provider, providers).map(({ id }) => id)).toEqual(ids);
    expect(chooseMethod(provider, providers).id).toBe(ids[0]);
  });

  it.each([
    ['anthropic', 'cli', 'claude-code'],
    ['openai-codex', 'cli', 'codex'],
    ['openai-codex', 'OAuth', 'browser'],
  ])('at %s, "%s" is %s', (provider, name, id) => {
    expect(chooseMethod(provider, providers, name).id).toBe(id);
  });

  it('are named when one is asked for that a provider does not have', () => {
    expect(() => chooseMethod('openai', providers, 'setup-token')).toThrow('it has: api-key, paste-token');
  });

  it('have names of their own', () => {
    for (const provider of ['anthropic', 'openai-codex', 'mine']) {
      const names = loginMethods(provider, providers).flatMap(({ id, aliases }) => [id, ...aliases]);
      expect(new Set(names).size).toBe(names.length);
    }
    expect(LOGIN_METHODS).toHaveLength(7);
  });
});

describe('an API key', () => {
  it.each<[string, LoginRequest, Person]>([
    ['asked for', { provider: 'openai' }, new Person([' sk-1 \n'])],
    ['given by standard input or a file', { provider: 'openai', secret: 'sk-1\n' }, new Person()],
  ])('%s is stored as it is', async (_how, request, person) => {
    const made = await login('api-key', request, person);
    expect(made).toEqual({ id: 'openai:default', profile: { type: 'api_key', provider: 'openai', key: 'sk-1' } });
  });

  it.each([
    ['sk-1 sk-2', 'a space, a line break'],
    ['sk-ключ', 'another character'],
    ['x'.repeat(20_000), 'longer than any'],
    [SETUP_TOKEN, 'setup token and no API key'],
  ])('%j is refused', async (secret, sentence) => {
    const error = await login('api-key', { provider: 'anthropic', secret }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'invalid_request', message: expect.stringContaining(sentence) });
    expect(JSON.stringify(error)).not.toContain(secret);
  });

  it('is refused when it is empty', async () => {
    await expect(login('api-key', { provider: 'openai', secret: ' \n' })).rejects.toThrow('is empty');
  });

  it('is not waited for where nobody can be asked', async () => {
    const nobody = new Person();
    nobody.isInteractive = false;
    await expect(login('api-key', { provider: 'openai' }, nobody)).rejects.toThrow('by standard input or a file');
    expect(nobody.asked).toEqual([]);
  });
});

describe('the id of a profile', () => {
  it.each([
    ['work', 'openai:work'],
    ['openai:My Work!', 'openai:my-work'],
    ['openai:me@example.com', 'openai:me@example.com'],
  ])('%s becomes %s', async (profileId, id) => {
    expect((await login('api-key', { provider: 'openai', secret: 'k', profileId })).id).toBe(id);
  });

  it.each(['anthropic:work', 'openai:', ' '])('%j is refused', async (profileId) => {
    await expect(login('api-key', { provider: 'openai', secret: 'k', profileId })).rejects.toThrow('profile id');
  });
});

describe('a setup token', () => {
  it('comes broken into lines, and is stored whole', async () => {
    const broken = `  ${SETUP_TOKEN.slice(0, 40)}\n   ${SETUP_TOKEN.slice(40)}\r\n`;
    expect(await login('setup-token', { provider: 'anthropic' }, new Person([broken]))).toEqual({
      id: 'anthropic:default',
      profile: { type: 'token', provider: 'anthropic', token: SETUP_TOKEN },
    });
  });

  it.each([
    ['sk-ant-api03-xyz', 'begins with sk-ant-oat01-'],
    [SETUP_TOKEN.slice(0, 79), 'cut off'],
  ])('%s is refused', async (token, sentence) => {
    await expect(login('setup-token', { provider: 'anthropic' }, new Person([token]))).rejects.toThrow(sentence);
  });

  it('needs a terminal', async () => {
    const nobody = new Person();
    nobody.isInteractive = false;
    const request = { provider: 'anthropic', secret: SETUP_TOKEN };
    await expect(login('setup-token', request, nobody)).rejects.toThrow('needs a terminal');
  });

  it('at its shortest has 80 characters', async () => {
    const token = SETUP_TOKEN.slice(0, 80);
    const { profile } = await login('setup-token', { provider: 'anthropic' }, new Person([token]));
    expect(profile).toMatchObject({ token });
  });
});

describe('a pasted token', () => {
  it.each<[LoginRequest, string, Partial<Profile>]>([
    [{ provider: 'openrouter', secret: 't' }, 'openrouter:manual', { token: 't' }],
    [{ provider: 'openrouter', secret: 't', expiresIn: '365d' }, 'openrouter:manual', { expires: NOW + 365 * DAY }],
    [
      { provider: 'anthropic', secret: `${SETUP_TOKEN.slice(0, 50)}\n${SETUP_TOKEN.slice(50)}` },
      'anthropic:manual',
      { token: SETUP_TOKEN },
    ],
    [{ provider: 'anthropic', secret: 't', profileId: 'anthropic:b' }, 'anthropic:b', { token: 't' }],
  ])('%j', async (request, id, profile) => {
    const made = await login('paste-token', request);
    expect(made.id).toBe(id);
    expect(made.profile).toMatchObject({ type: 'token', provider: request.provider, ...profile });
    expect('expires' in made.profile).toBe(request.expiresIn !== undefined);
  });

  it('is not asked for when what goes with it is wrong already', async () => {
    const person = new Person(['t']);
    await expect(login('paste-token', { provider: 'a', expiresIn: 'soon' }, person)).rejects.toThrow('365d');
    expect(person.asked).toEqual([]);
  });
});

describe('how long a token is good', () => {
  it.each([
    ['365d', 365 * DAY],
    ['30', 30 * DAY],
    ['12h', DAY / 2],
    [' 2 W ', 14 * DAY],
    ['90m', 5_400_000],
    ['1.5d', 1.5 * DAY],
    ['1y', 365 * DAY],
  ])('%s', (text, ms) => {
    expect(expiresAt(text, NOW)).toBe(NOW + ms);
  });

  it.each(['', '0', '-1d', '1 month', 'd', '1e9d', '99999999999d', '0x10'])('%j is refused', (text) => {
    expect(() => expiresAt(text, NOW)).toThrow('365d');
  });
});

describe('a login that is stored', () => {
  const key: Profile = { type: 'api_key', provider: 'openai', key: 'k' };

  it('frees the provider’s profiles from their cooldowns, and joins an order', async () => {
    const store = new FileProfileStore(newStateDir());
    const locked = { disabledUntil: NOW + DAY, disabledReason: 'billing', errorCount: 3, lastUsed: 7 };
    await store.update('main', () => ({
      version: 1,
      later: { kept: true },
      profiles: { 'openai:a': key, 'google:a': { ...key, provider: 'google' } },
      order: { OpenAI: ['openai:a'], google: ['google:a'] },
      usageStats: { 'openai:a': locked, 'google:a': locked, 'openai:b': { ...locked, refreshRefused: { token: 'x' } } },
    }));
    const profile: Profile = { type: 'oauth', provider: 'openai', access: 'a', refresh: 'r', expires: NOW + 1 };
    await storeLogin(store, 'main', { id: 'openai:b', profile }, NOW);

    expect(JSON.parse(readFileSync(store.describe('main'), 'utf8'))).toEqual({
      version: 1,
      later: { kept: true },
      profiles: { 'openai:a': key, 'google:a': { ...key, provider: 'google' }, 'openai:b': profile },
      order: { OpenAI: ['openai:a', 'openai:b'], google: ['google:a'] },
      usageStats: { 'openai:a': { lastUsed: 7 }, 'google:a': locked, 'openai:b': { lastUsed: 7, refreshedAt: NOW } },
    });
  });

  it('is noted without what it holds', () => {
    const profile: Profile = { type: 'oauth', provider: 'x', access: 'a', refresh: 'r', email: 'e@x.y' };
    expect(profileNote({ id: 'x:e@x.y', profile })).toEqual({ provider: 'x', mode: 'oauth', email: 'e@x.y' });
  });
});
