import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HttpClient } from '../../src/credentials/http.js';
import { browser } from '../../src/credentials/methods/browser.method.js';
import { OAuthClient } from '../../src/credentials/oauth/oauth-client.js';
import { oauthProvidersOf } from '../../src/credentials/oauth/oauth-provider.js';
import { RedirectListener } from '../../src/credentials/oauth/redirect-listener.js';
import type { OAuthProfile } from '../../src/credentials/profile.js';
import { RefreshService } from '../../src/credentials/refresh/refresh.service.js';
import { FileProfileStore } from '../../src/credentials/stores/file.profile-store.js';
import { systemClock } from '../../src/kernel/clock.js';
import type { Log } from '../../src/kernel/log.js';
import { freePort, loginGround, Person } from '../credentials/ground.js';
import { codexToken, tokens, TokenStand } from '../credentials/token-stand.js';
import { newStateDir } from '../helpers/embedded.js';

let stand: TokenStand;

beforeEach(async () => {
  stand = await TokenStand.start();
});

afterEach(() => stand.close());

interface Page {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** One request to the listener, whatever it says. */
function knock(address: string, options: { method?: string; host?: string } = {}): Promise<Page> {
  const { method = 'GET', host } = options;
  return new Promise((resolve, reject) => {
    const headers = host === undefined ? {} : { host };
    const request = httpRequest(address, { method, agent: false, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
    });
    request.on('error', reject);
    request.end();
  });
}

describe('the answer of a sign-in', () => {
  const right = 'the-right-state-of-this-sign-in';

  it.each<[string, (state: string) => string]>([
    ['a bare code', () => 'c0de'],
    ['an address without a state', () => 'http://127.0.0.1:1455/auth/callback?code=c0de'],
    ['an address with another state', () => 'http://127.0.0.1:1455/auth/callback?code=c0de&state=another'],
    ['code#state with another state', () => 'c0de#another'],
    ['an empty state', () => 'code=c0de&state='],
    ['the right state beside another', (state) => `code=c0de&state=another&state=${state}`],
    ['a state that only begins right', (state) => `c0de#${state.slice(0, -1)}`],
  ])('S166: pasted as %s is refused, and no code leaves this machine', async (_what, pasted) => {
    const test = { authorizationEndpoint: 'https://a.example/a', tokenEndpoint: stand.url, clientId: 'us' };
    const wrong = (): string => pasted(new URL(person.page).searchParams.get('state')!);
    const person: Person = new Person(Array.from({ length: 5 }, () => wrong));
    await expect(browser.login({ provider: 'test' }, loginGround(person, { test }))).rejects.toThrow('begin again');
    expect(stand.asked).toEqual([]);
  });

  it.each(['code=c0de', 'code=c0de&state=another', 'state=' + right, `code=c0de&state=x&state=${right}`])(
    'S166: that comes by itself as %s is refused, and ends nothing',
    async (query) => {
      const address = `http://127.0.0.1:${await freePort()}/auth/callback`;
      const listener = (await RedirectListener.open(address, right))!;
      expect((await knock(`${address}?${query}`)).status).toBe(400);
      expect((await knock(`${address}?code=good&state=${right}`)).status).toBe(200);
      expect(await listener.answer).toEqual({ code: 'good', state: right });
    },
  );
});

it('S167: a hundred sign-ins have states and challenges of their own, and the verifier leaves with the code alone', async () => {
  stand.answers = [tokens('a', 'r')];
  const test = { authorizationEndpoint: 'https://a.example/a', tokenEndpoint: stand.url, clientId: 'us' };
  const said: string[] = [];
  for (let flow = 0; flow < 100; flow += 1) {
    const person: Person = new Person([() => `c0de#${new URL(person.page).searchParams.get('state')}`]);
    await browser.login({ provider: 'test' }, loginGround(person, { test }));
    said.push([...person.said, ...person.asked].join('\n'));
  }
  const asked = said.map((text) => new URL(/https:\S+/.exec(text)![0]).searchParams);
  const verifiers = stand.asked.map((form) => form.get('code_verifier')!);

  for (const [index, parameters] of asked.entries()) {
    const verifier = verifiers[index]!;
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    expect(parameters.get('code_challenge_method')).toBe('S256');
    expect(parameters.get('code_challenge')).toBe(challenge);
    expect(parameters.get('state')).not.toBe(verifier);
    expect(parameters.get('state')).not.toBe(challenge);
    expect(Buffer.from(parameters.get('state')!, 'base64url').length).toBeGreaterThanOrEqual(16);
    expect(Buffer.from(verifier, 'base64url').length).toBeGreaterThanOrEqual(32);
    expect(said.join('\n')).not.toContain(verifier);
  }
  expect(new Set(asked.map((parameters) => parameters.get('state'))).size).toBe(100);
  expect(new Set(verifiers).size).toBe(100);
});

describe('S169: the listener for the browser', () => {
  let port: number;
  let address: string;
  let listener: RedirectListener;

  beforeEach(async () => {
    port = await freePort();
    address = `http://localhost:${port}/auth/callback`;
    listener = (await RedirectListener.open(address, 'right'))!;
  });

  afterEach(() => listener.close());

  const elsewhere = Object.values(networkInterfaces()).flatMap((all) =>
    all!.filter((one) => !one.internal && one.family === 'IPv4'),
  );

  it('is reached from this machine alone', async () => {
    // Another address of loopback stands for one of the network where there is none.
    for (const { address: own } of [...elsewhere, { address: '127.0.0.2' }]) {
      const socket = connect(port, own);
      const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
      expect(error.code).toBe('ECONNREFUSED');
    }
    expect((await knock(`http://127.0.0.1:${port}/auth/callback?code=c&state=right`)).status).toBe(200);
  });

  it.each<[string, string, { method?: string; host?: string }, number]>([
    ['another path', '/', {}, 404],
    ['a longer path', '/auth/callback/x', {}, 404],
    ['a path that is the same in other words', '/auth/../auth/callback', {}, 404],
    ['POST', '/auth/callback?code=c&state=right', { method: 'POST' }, 405],
    ['HEAD', '/auth/callback?code=c&state=right', { method: 'HEAD' }, 405],
    ['another name', '/auth/callback?code=c&state=right', { host: 'evil.example' }, 400],
    ['another name with the port', '/auth/callback?code=c&state=right', { host: 'localhost.evil.example:1455' }, 400],
    ['its name with another port', '/auth/callback?code=c&state=right', { host: 'localhost:1' }, 400],
  ])('turns %s away and goes on', async (_what, path, options, status) => {
    const socketPath = `http://127.0.0.1:${port}${path}`;
    // URL would tidy the path up.
    const raw = path.includes('..') ? await rawStatus(port, path) : (await knock(socketPath, options)).status;
    expect(raw).toBe(status);
    expect((await knock(`http://127.0.0.1:${port}/auth/callback?code=c&state=right`)).status).toBe(200);
    expect(await listener.answer).toEqual({ code: 'c', state: 'right' });
  });

  it('takes the real answer after a flood of others, once, and is gone then', async () => {
    const flood = Array.from({ length: 300 }, (_, index) =>
      knock(`http://127.0.0.1:${port}/auth/callback?code=x&state=${index}`),
    );
    expect(new Set((await Promise.all(flood)).map(({ status }) => status))).toEqual(new Set([400]));

    expect((await knock(`http://127.0.0.1:${port}/auth/callback?code=c&state=right`)).status).toBe(200);
    expect(await listener.answer).toEqual({ code: 'c', state: 'right' });
    await expect(knock(`http://127.0.0.1:${port}/auth/callback?code=c&state=right`)).rejects.toThrow('ECONNREFUSED');
  });

  async function rawStatus(to: number, path: string): Promise<number> {
    const socket = connect(to, '127.0.0.1');
    socket.end(`GET ${path} HTTP/1.1\r\nhost: localhost:${to}\r\n\r\n`);
    const [part] = (await once(socket, 'data')) as [Buffer];
    return Number(/^HTTP\/1.1 (\d+)/.exec(part.toString())![1]);
  }
});

it('S170: the page that the browser ends at runs nothing, leaks nothing and repeats nothing unescaped', async () => {
  const address = `http://127.0.0.1:${await freePort()}/auth/callback`;
  const listener = (await RedirectListener.open(address, 'right'))!;
  const html = '<img src=x onerror=alert(1)>';
  const pages = [
    await knock(`${address}?code=s3cret-code&state=wrong&error_description=${encodeURIComponent(html)}`),
    await knock(
      `${address}?error=${encodeURIComponent(html)}&error_description=${encodeURIComponent(html)}&state=right`,
    ),
  ];
  for (const { headers, text } of pages) {
    expect(text).not.toContain('<img');
    expect(text).not.toContain('s3cret-code');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['x-content-type-options']).toBe('nosniff');
  }
  await expect(listener.answer).rejects.toThrow('the provider says an error without a proper name');
});

/** A service for logins whose tokens come from `stand`; what it logs is in `lines`. */
function refreshService(store: FileProfileStore, lines: string[] = []): RefreshService {
  const providers = oauthProvidersOf({
    test: { tokenEndpoint: stand.url, clientId: 'us' },
    'openai-codex': { tokenEndpoint: stand.url },
  });
  const write = (...line: unknown[]): void => void lines.push(JSON.stringify(line));
  const log: Log = { debug: write, info: write, warn: write, error: write };
  const client = new OAuthClient(new HttpClient(systemClock), systemClock);
  return new RefreshService({ store, client, provider: (id) => providers.get(id) }, systemClock, log);
}

const expired = (provider: string, account: string): OAuthProfile => ({
  type: 'oauth',
  provider,
  access: `access-of-${account}`,
  refresh: `refresh-canary-of-${account}`,
  expires: 1,
  accountId: account,
});

describe('S177: a token endpoint that redirects', () => {
  let other: Server;
  let heard: number;

  beforeEach(async () => {
    heard = 0;
    other = createServer((request, response) => {
      heard += 1;
      request.resume();
      response.end('{"access_token":"a","token_type":"bearer","refresh_token":"r"}');
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
  });

  afterEach(() => void other.close());

  it.each([301, 302, 303, 307, 308])('by %i is not followed, neither for a refresh nor for a code', async (status) => {
    const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/token`;
    stand.answers = [{ status, headers: { location } }];
    const store = new FileProfileStore(newStateDir());
    await store.update('main', (stored) => ({ ...stored, profiles: { 'test:a': expired('test', 'a') } }));
    const lines: string[] = [];
    await expect(refreshService(store, lines).fresh('main', 'test:a')).rejects.toThrow(
      'redirects, which is not followed',
    );
    expect(store.read('main').profiles['test:a']).toEqual(expired('test', 'a'));
    expect(lines.join('\n')).not.toContain('canary');

    const test = { authorizationEndpoint: 'https://a.example/a', tokenEndpoint: stand.url, clientId: 'us' };
    const person: Person = new Person([() => `c0de-canary#${new URL(person.page).searchParams.get('state')}`]);
    const failure = await browser
      .login({ provider: 'test' }, loginGround(person, { test }))
      .catch((error: Error) => error);
    expect(failure).toMatchObject({ message: expect.stringContaining('redirects, which is not followed') });
    expect(JSON.stringify(failure)).not.toContain('canary');
    expect(heard).toBe(0);
  });
});

describe('S178: a token endpoint that gives the tokens of another account', () => {
  it('is refused, and no other profile, agent or token of it is touched', async () => {
    stand.answers = [tokens(codexToken('bob'), 'bobs-refresh-token')];
    const store = new FileProfileStore(newStateDir());
    const alice = expired('openai-codex', 'alice');
    const bob = expired('openai-codex', 'bob');
    const profiles = { 'openai-codex:a@example.com': alice, 'openai-codex:b@example.com': bob };
    await store.update('main', (stored) => ({ ...stored, profiles }));
    await store.update('work', (stored) => ({ ...stored, profiles }));
    const service = refreshService(store);
    const ask = (): Promise<unknown> => service.fresh('main', 'openai-codex:a@example.com');
    await expect(ask()).rejects.toThrow('account_mismatch');
    await expect(ask()).rejects.toThrow('sign in again');

    expect(stand.asked).toHaveLength(1);
    expect(store.read('main').profiles).toEqual(profiles);
    expect(store.read('work').profiles).toEqual(profiles);
    expect(JSON.stringify(store.read('main'))).not.toContain('bobs-refresh-token');
  });
});
