import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { browser } from '../../src/credentials/methods/browser.method.js';
import { deviceCode } from '../../src/credentials/methods/device-code.method.js';
import { CLIENT_ID, CLIENT_SECRET } from '../helpers/oidc-provider.js';
import { WebBrowser } from '../helpers/web-browser.js';
import { freePort, loginGround, Person } from './ground.js';
import { LoginProvider } from './login-provider.js';
import { codexToken, jwt, tokens, TokenStand } from './token-stand.js';

let port: number;
let redirectUri: string;
let provider: LoginProvider;

beforeAll(async () => {
  port = await freePort();
  redirectUri = `http://127.0.0.1:${port}/auth/callback`;
  provider = await LoginProvider.start(redirectUri);
});

beforeEach(() => {
  provider.server.account = { sub: 'alice', email: 'alice@example.com' };
  provider.grants.length = 0;
});

afterAll(() => provider.close());

const signIn = (person: Person) =>
  browser.login({ provider: 'test' }, loginGround(person, { test: { ...provider.settings, redirectUri } }));

/** Where the browser ends after a sign-in on another machine. */
const elsewhere = (page: string): Promise<URL> => LoginProvider.signIn(page, redirectUri);

describe('signing in with a browser', () => {
  it('on this machine needs nothing but the browser', async () => {
    const person = new Person();
    const pages: Promise<{ status: number; text: string }>[] = [];
    person.browse = (page) => {
      pages.push(new WebBrowser().visit(page));
      return true;
    };
    const { id, profile } = await signIn(person);

    expect(id).toBe('test:alice@example.com');
    expect(profile).toEqual({
      type: 'oauth',
      provider: 'test',
      access: expect.stringMatching(/.{40}/),
      refresh: expect.stringMatching(/.{40}/),
      expires: expect.any(Number),
      accountId: 'alice',
      email: 'alice@example.com',
      clientId: CLIENT_ID,
    });
    expect(Math.abs((profile['expires'] as number) - Date.now() - 3_600_000)).toBeLessThan(60_000);
    expect(await pages[0]).toMatchObject({ status: 200, text: expect.stringContaining('Signed in') });
    expect(provider.grants).toEqual([{ type: 'authorization_code' }]);
  });

  it.each<[string, (back: URL) => string]>([
    ['the whole address', (back) => back.href],
    ['the address with another name of this machine', (back) => back.href.replace('127.0.0.1', 'localhost')],
    ['its parameters', (back) => back.search.slice(1)],
    ['its parameters with the question mark', (back) => ` ${back.search}\n`],
  ])('on another machine takes %s', async (_what, pasted) => {
    const person: Person = new Person([async () => pasted(await elsewhere(person.page))]);
    expect((await signIn(person)).id).toBe('test:alice@example.com');
  });

  it('takes code#state from a provider that does not say who it is, and from no other (RFC 9207)', async () => {
    const codeOnly = ({ searchParams: back }: URL): string => `${back.get('code')}#${back.get('state')}`;
    const person: Person = new Person([async () => codeOnly(await elsewhere(person.page))]);
    await expect(signIn(person)).rejects.toThrow('fails a check');

    const { issuer, ...client } = provider.settings;
    const endpoints = { authorizationEndpoint: `${issuer}/auth`, tokenEndpoint: `${issuer}/token` };
    const other: Person = new Person([async () => codeOnly(await elsewhere(other.page))]);
    const ground = loginGround(other, { test: { ...client, ...endpoints, redirectUri } });
    expect((await browser.login({ provider: 'test' }, ground)).id).toBe('test:alice@example.com');
  });

  it('says why a paste is not taken, and asks again', async () => {
    const person: Person = new Person(['', 'nonsense', async () => (await elsewhere(person.page)).href]);
    expect((await signIn(person)).id).toBe('test:alice@example.com');
    expect(person.said.filter((text) => text.startsWith('Not taken'))).toHaveLength(2);
  });

  it('gives up after five wrong pastes', async () => {
    await expect(signIn(new Person(['1', '2', '3', '4', '5']))).rejects.toThrow('begin again');
  });

  it('tells what the provider said when it said no', async () => {
    provider.server.account = undefined;
    const person: Person = new Person([async () => (await elsewhere(person.page)).href]);
    await expect(signIn(person)).rejects.toThrow('the provider says access_denied');
  });

  it('goes by paste when somebody else has the port', async () => {
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    try {
      const person: Person = new Person([async () => (await elsewhere(person.page)).href]);
      person.browse = () => {
        throw new Error('no browser is opened: it could not come back');
      };
      expect((await signIn(person)).id).toBe('test:alice@example.com');
      expect(person.said.join('\n')).toContain(`Port ${port} is taken`);
    } finally {
      other.close();
    }
  });

  it('is refused at once where there is neither a browser nor a terminal', async () => {
    const nobody = new Person();
    nobody.isInteractive = false;
    await expect(signIn(nobody)).rejects.toThrow('nobody is here who could sign in');
    const next = createServer().listen(port, '127.0.0.1');
    await once(next, 'listening'); // nothing is left that holds it
    next.close();
  });
});

describe('signing in at OpenAI for Codex', () => {
  let stand: TokenStand;
  let settings: Record<string, object>;
  let back: string;

  beforeEach(async () => {
    stand = await TokenStand.start();
    const own = await freePort();
    back = `http://localhost:${own}/auth/callback`;
    settings = {
      'openai-codex': {
        authorizationEndpoint: 'https://auth.example/authorize',
        tokenEndpoint: stand.url,
        redirectUri: back,
      },
    };
  });

  afterEach(() => stand.close());

  /** A person who pastes what the provider would send back. */
  const paster = (): Person => {
    const person: Person = new Person([() => `c0de#${new URL(person.page).searchParams.get('state')}`]);
    return person;
  };

  it('asks for what the Codex command line asks for, and reads the account from the access token', async () => {
    const access = codexToken('acc-1', { 'https://api.openai.com/profile': { email: 'me@example.com' } });
    stand.answers = [tokens(access, 'r1', { id_token: jwt({ iss: 'elsewhere' }) })];
    const person = paster();
    const made = await browser.login({ provider: 'openai-codex' }, loginGround(person, settings));

    expect(made).toMatchObject({
      id: 'openai-codex:me@example.com',
      profile: { type: 'oauth', provider: 'openai-codex', access, refresh: 'r1', accountId: 'acc-1' },
    });
    const asked = Object.fromEntries(new URL(person.page).searchParams);
    expect(asked).toEqual({
      response_type: 'code',
      client_id: 'app_EMoamEEZ73f0CkXaXp7hrann',
      redirect_uri: back,
      scope: 'openid profile email offline_access',
      code_challenge: expect.any(String),
      code_challenge_method: 'S256',
      state: expect.any(String),
      id_token_add_organizations: 'true',
      codex_cli_simplified_flow: 'true',
      originator: 'doorward',
    });
    expect(Object.fromEntries(stand.asked[0]!)).toMatchObject({ code: 'c0de', redirect_uri: back });
  });

  it('fails when the access token names no account', async () => {
    stand.answers = [tokens('opaque', 'r1')];
    await expect(browser.login({ provider: 'openai-codex' }, loginGround(paster(), settings))).rejects.toThrow(
      'account_missing',
    );
  });

  it('names the profile "default" where no e-mail address is told', async () => {
    stand.answers = [tokens(codexToken('acc-1'), 'r1')];
    const made = await browser.login({ provider: 'openai-codex' }, loginGround(paster(), settings));
    expect(made.id).toBe('openai-codex:default');
  });

  it('without anything configured goes to OpenAI, and comes back to localhost', async () => {
    const person: Person = new Person([() => `c#wrong`, 'x', 'x', 'x', 'x']);
    await expect(browser.login({ provider: 'openai-codex' }, loginGround(person))).rejects.toThrow('begin again');
    expect(person.page).toMatch(/^https:\/\/auth\.openai\.com\/oauth\/authorize\?/);
    expect(new URL(person.page).searchParams.get('redirect_uri')).toBe('http://localhost:1455/auth/callback');
  });
});

describe('a client with a secret', () => {
  it('shows it as the configuration says', async () => {
    const stand = await TokenStand.start();
    try {
      stand.answers = [tokens('a', 'r')];
      const common = { authorizationEndpoint: 'https://a.example/a', tokenEndpoint: stand.url, clientId: 'us' };
      const test = { ...common, redirectUri, clientSecret: CLIENT_SECRET, clientAuthentication: 'post' as const };
      const person: Person = new Person([() => `c#${new URL(person.page).searchParams.get('state')}`]);
      await browser.login({ provider: 'test' }, loginGround(person, { test }));
      expect(stand.asked[0]!.get('client_secret')).toBe(CLIENT_SECRET);
      expect(person.said.join()).not.toContain(CLIENT_SECRET);
    } finally {
      await stand.close();
    }
  });

  it('that is given no refresh token has a token, with its end', async () => {
    const stand = await TokenStand.start();
    try {
      stand.answers = [tokens('a')];
      const test = {
        authorizationEndpoint: 'https://a.example/a',
        tokenEndpoint: stand.url,
        clientId: 'us',
        redirectUri,
      };
      const person: Person = new Person([() => `c#${new URL(person.page).searchParams.get('state')}`]);
      const made = await browser.login({ provider: 'test' }, loginGround(person, { test }));
      expect(made).toEqual({
        id: 'test:default',
        profile: { type: 'token', provider: 'test', token: 'a', expires: expect.any(Number) },
      });
    } finally {
      await stand.close();
    }
  });
});

describe('signing in on another device', () => {
  /** Does at the provider's pages what a person does there: sees the code, agrees, signs in. */
  async function approve(page: string): Promise<string> {
    const web = new WebBrowser();
    const field = (text: string, name: string): string =>
      new RegExp(`name="${name}"\\s+value="([^"]*)"`).exec(text)![1]!;
    let answer = await web.visit(page);
    for (let forms = 0; forms < 3 && answer.text.includes('name="xsrf"'); forms += 1) {
      const form = new URLSearchParams({
        xsrf: field(answer.text, 'xsrf'),
        user_code: new URL(page).searchParams.get('user_code')!,
        ...(forms > 0 && { confirm: 'yes' }),
      });
      const type = { 'content-type': 'application/x-www-form-urlencoded' };
      answer = await web.ask(new URL('/device', page), 'POST', type, form.toString());
      if (answer.status >= 300) answer = await web.visit(new URL(String(answer.headers['location']), page));
    }
    return answer.text;
  }

  it('asks until somebody has said yes', async () => {
    const person = new Person();
    let pauses = 0;
    person.pause = async () => {
      pauses += 1;
      if (pauses === 2) await approve(person.page);
    };
    const made = await deviceCode.login({ provider: 'test' }, loginGround(person, { test: provider.settings }));

    expect(made).toMatchObject({ id: 'test:alice@example.com', profile: { type: 'oauth', accountId: 'alice' } });
    expect(person.said.join('\n')).toMatch(/the code {2}[A-Z0-9-]{8,}/);
    expect(pauses).toBe(2);
    expect(provider.grants.map(({ error }) => error?.split(':')[0])).toEqual(['authorization_pending', undefined]);
  });

  it('is slower when it is told so, and ends when nobody says yes in time', async () => {
    const stand = await TokenStand.start();
    try {
      const begun = {
        device_code: 'd',
        user_code: 'AB\u001b[2J',
        verification_uri: 'https://a.example/d',
        expires_in: 60,
        interval: 5,
      };
      const said = (error: string) => ({ status: 400, body: { error } });
      stand.answers = [
        { status: 200, body: begun },
        said('authorization_pending'),
        said('slow_down'),
        { status: 502, body: 'gone' },
        said('authorization_pending'),
      ];
      const person = new Person();
      let now = Date.now();
      const pauses: number[] = [];
      person.pause = (ms: number) => {
        pauses.push(ms);
        now += ms;
        return Promise.resolve();
      };
      const test = { tokenEndpoint: stand.url, deviceAuthorizationEndpoint: `${stand.url}/device`, clientId: 'us' };
      const ground = { ...loginGround(person, { test }), clock: { now: () => now, after: () => () => undefined } };
      await expect(deviceCode.login({ provider: 'test' }, ground)).rejects.toThrow('expired_token');
      expect(pauses).toEqual([5000, 5000, 10_000, 20_000, 20_000]);
      expect(person.said.join()).not.toContain('\u001b');
    } finally {
      await stand.close();
    }
  });
});
