import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { digest } from '../../src/kernel/crypto.js';
import { startGateway, type TestGateway } from '../helpers/gateway.js';
import { CLIENT_SECRET, newSigningKey, TestProvider } from '../helpers/oidc-provider.js';
import { WebBrowser } from '../helpers/web-browser.js';
import { World } from '../helpers/world.js';

let provider: TestProvider;
let other: TestProvider;
let gateway: TestGateway;
let world: World;

const NOBODY_THERE = 'http://127.0.0.1:9';

beforeAll(async () => {
  [provider, other] = await Promise.all([TestProvider.start(), TestProvider.start({ algorithm: 'ES256' })]);
  gateway = await startGateway({
    database: 'embedded',
    environment: { ACME_SECRET: CLIENT_SECRET },
    config: {
      accounts: {
        oidc: {
          acme: { ...provider.settings, provision: true },
          twin: { ...provider.settings, provision: true },
          other: { ...other.settings, provision: true },
          wrong: { ...provider.settings, clientSecret: 'not the secret', provision: true },
          kept: { ...provider.settings, clientSecret: { source: 'env', id: 'ACME_SECRET' }, provision: true },
          down: { ...provider.settings, issuer: NOBODY_THERE },
        },
      },
    },
  });
  for (const name of ['acme', 'twin', 'wrong', 'kept']) provider.register(gateway, name);
  other.register(gateway, 'other');
  world = new World(gateway);
});

afterAll(async () => {
  await gateway?.close();
  await provider?.close();
  await other?.close();
});

afterEach(() => {
  delete provider.intercept;
  delete other.intercept;
});

const startAt = (name: string): string => `${gateway.url}/auth/oidc/${name}/start`;
const isCallback = ({ pathname }: URL): boolean => pathname.endsWith('/callback');
const refusal = (code: string): string => `/sign-in#error=${code}`;

async function almost(name: string, browser: WebBrowser, at = provider): Promise<URL> {
  const sub = randomUUID();
  at.account = { sub, email: `${sub}@acme.example`, email_verified: true };
  return (await browser.visit(startAt(name), isCallback)).url;
}

const outcome = async (url: URL | string, browser: WebBrowser): Promise<string> =>
  String((await browser.ask(new URL(url))).headers['location']);

const changed = (url: URL, change: (query: URLSearchParams) => void): URL => {
  const copy = new URL(url);
  change(copy.searchParams);
  return copy;
};

const answered = (body: unknown, status = 200, headers: Record<string, string> = {}) => {
  return (response: ServerResponse): true => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
    return true;
  };
};

/** Breaks what the provider answers at one path. */
function broken(at: TestProvider, path: string, answer: (response: ServerResponse) => true): void {
  at.intercept = ({ url }: IncomingMessage, response) => url!.startsWith(path) && answer(response);
}

function spoken(response: ServerResponse): true {
  response.socket!.end('hello');
  return true;
}

describe('the way back', () => {
  it('is open once', async () => {
    const browser = new WebBrowser();
    const url = await almost('acme', browser);
    expect(await outcome(url, browser)).toBe('/');
    expect(await outcome(url, browser)).toBe(refusal('sign_in_expired'));
  });

  it('is open once, also to two who come at the same moment', async () => {
    const browser = new WebBrowser();
    const url = await almost('acme', browser);
    const outcomes = await Promise.all([outcome(url, browser), outcome(url, browser)]);
    expect(outcomes.toSorted()).toEqual(['/', refusal('sign_in_expired')]);
  });

  it('is open to the browser alone that went, and no other can close it', async () => {
    const [browser, stranger] = [new WebBrowser(), new WebBrowser()];
    const url = await almost('acme', browser);

    expect(await outcome(url, stranger)).toBe(refusal('sign_in_expired'));
    await almost('acme', stranger); // now it has a cookie of its own
    expect(await outcome(url, stranger)).toBe(refusal('sign_in_expired'));
    expect(stranger.cookie(gateway.url, 'doorward_refresh')).toBeUndefined();
    expect(await outcome(url, browser)).toBe('/');
  });

  it('is open for ten minutes by the clock of the database', async () => {
    const browser = new WebBrowser();
    const url = await almost('acme', browser);
    const state = digest(url.searchParams.get('state')!);
    const [row] = await world.rows<{ s: number }>(
      `SELECT extract(epoch FROM expires_at - created_at)::int AS s FROM oidc_sign_ins WHERE state_digest = $1`,
      [state],
    );
    expect(row).toEqual({ s: 600 });
    await world.rows(`UPDATE oidc_sign_ins SET expires_at = now() WHERE state_digest = $1`, [state]);
    expect(await outcome(url, browser)).toBe(refusal('sign_in_expired'));
  });

  it('leads to where it was begun: a name of the same provider is another door', async () => {
    const browser = new WebBrowser();
    const url = await almost('acme', browser);
    expect(await outcome(url.href.replace('/acme/', '/twin/'), browser)).toBe(refusal('sign_in_expired'));
    expect(await outcome(url, browser)).toBe('/');
  });

  it.each([
    ['no state', (query: URLSearchParams) => query.delete('state'), 'sign_in_expired'],
    ['two states', (query: URLSearchParams) => query.append('state', 'x'), 'sign_in_expired'],
    ['a made-up state', (query: URLSearchParams) => query.set('state', 'x'.repeat(43)), 'sign_in_expired'],
    ['no code', (query: URLSearchParams) => query.delete('code'), 'provider_mismatch'],
    ['two codes', (query: URLSearchParams) => query.append('code', 'x'), 'provider_mismatch'],
    ['a made-up code', (query: URLSearchParams) => query.set('code', 'x'.repeat(43)), 'provider_mismatch'],
    ['the iss of another provider', (query: URLSearchParams) => query.set('iss', other.issuer), 'provider_mismatch'],
    ['no iss, from a provider that says it', (query: URLSearchParams) => query.delete('iss'), 'provider_mismatch'],
    ['an ID token in the address', (query: URLSearchParams) => query.set('id_token', 'a.b.c'), 'provider_mismatch'],
  ] as const)('is closed to %s', async (_what, change, code) => {
    const browser = new WebBrowser();
    const url = changed(await almost('acme', browser), change);
    expect(await outcome(url, browser)).toBe(refusal(code));
    expect(browser.cookie(gateway.url, 'doorward_refresh')).toBeUndefined();
  });

  it('tells a "no" of the person, and of the provider its code alone', async () => {
    const browser = new WebBrowser();
    provider.account = undefined;
    const { url } = await browser.visit(startAt('acme'), isCallback);
    expect(url.searchParams.get('error')).toBe('access_denied');
    expect(await outcome(url, browser)).toBe(refusal('provider_declined'));

    const again = await almost('acme', browser);
    const away = changed(again, (query) => {
      query.delete('code');
      query.set('error', 'temporarily_unavailable');
      query.set('error_description', '<script>alert(1)</script>');
    });
    expect(await outcome(away, browser)).toBe(refusal('unavailable'));
  });

  it('does not take a code that was meant for another sign-in: PKCE and nonce bind it to its own', async () => {
    const [browser, attacker] = [new WebBrowser(), new WebBrowser()];
    const theirs = await almost('acme', attacker);
    const mine = await almost('acme', browser);
    const injected = changed(mine, (query) => query.set('code', theirs.searchParams.get('code')!));
    expect(await outcome(injected, browser)).toBe(refusal('provider_mismatch'));
  });

  it('has no more than a hundred of one address under way', async () => {
    await world.rows('DELETE FROM oidc_sign_ins');
    for (let n = 0; n < 100; n++) expect((await gateway.get('/auth/oidc/acme/start')).status).toBe(302);
    const reply = await gateway.get('/auth/oidc/acme/start');
    expect([reply.status, reply.body.error.code]).toEqual([429, 'too_many_requests']);
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);

    await world.rows('UPDATE oidc_sign_ins SET expires_at = now()');
    expect((await gateway.get('/auth/oidc/acme/start')).status).toBe(302);
    expect(await world.rows('SELECT 1 FROM oidc_sign_ins')).toHaveLength(1);
  });
});

describe('a provider', () => {
  it('that is down has a name, and stops nothing else', async () => {
    const reply = await gateway.get('/auth/oidc/down/start');
    expect([reply.status, reply.body.error.code]).toEqual([503, 'unavailable']);
    expect(reply.body.error.message).toBe('the sign-in provider "down" does not answer');
    expect(reply.headers['retry-after']).toBe('5');
    expect((await gateway.get('/auth/oidc')).status).toBe(200);
  });

  it('that signs with other algorithms is understood', async () => {
    const browser = new WebBrowser();
    expect(await outcome(await almost('other', browser, other), browser)).toBe('/');
  });

  it('is shown a secret that is kept elsewhere', async () => {
    const browser = new WebBrowser();
    expect(await outcome(await almost('kept', browser), browser)).toBe('/');
  });

  it('that does not know our secret is not a way in; the log says why, and not with what', async () => {
    const browser = new WebBrowser();
    expect(await outcome(await almost('wrong', browser), browser)).toBe(refusal('provider_mismatch'));
    await world.flushLog();
    const line = gateway.log().findLast(({ event }) => event === 'sign-in.failed');
    expect(line).toMatchObject({
      method: 'oidc:wrong',
      code: 'provider_mismatch',
      reason: expect.stringContaining('secret'),
    });
    expect(JSON.stringify(gateway.log())).not.toContain('not the secret');
  });

  it('with new keys is believed after half a minute at most', async () => {
    const browser = new WebBrowser();
    expect(await outcome(await almost('acme', browser), browser)).toBe('/');
    const { port } = provider;
    await provider.close();
    provider = await TestProvider.start({ port, keys: [await newSigningKey('RS256', 'rotated')] });
    for (const name of ['acme', 'twin', 'wrong', 'kept']) provider.register(gateway, name);

    gateway.clock.advance(31_000);
    expect(await outcome(await almost('acme', browser), browser)).toBe('/');
  });

  it('whose ID token is signed by nobody it publishes is not believed', async () => {
    const browser = new WebBrowser();
    const url = await almost('acme', browser);
    gateway.clock.advance(700_000);
    const { kty, n, e, kid, alg, use } = await newSigningKey('RS256', 'rotated');
    broken(provider, '/jwks', answered({ keys: [{ kty, n, e, kid, alg, use }] }));
    expect(await outcome(url, browser)).toBe(refusal('provider_mismatch'));
    gateway.clock.advance(700_000);
  });

  it.each([
    ['leads elsewhere', answered('', 302, { location: 'http://127.0.0.1:9/token' })],
    ['never ends', answered('x'.repeat(2_000_000))],
    ['is no HTTP', spoken],
  ])('whose token endpoint %s is out of order', async (_what, answer) => {
    const browser = new WebBrowser();
    const url = await almost('acme', browser);
    broken(provider, '/token', answer);
    expect(await outcome(url, browser)).toBe(refusal('unavailable'));
  });

  it('that does not answer is given up after five seconds', async () => {
    const browser = new WebBrowser();
    const url = await almost('acme', browser);
    const asked = new Promise<void>((resolve) =>
      broken(provider, '/token', () => {
        resolve();
        return true;
      }),
    );
    const waiting = outcome(url, browser);
    await asked;
    gateway.clock.advance(5_000);
    expect(await waiting).toBe(refusal('unavailable'));
  });
});

describe('what a provider says of itself', () => {
  it.each([
    ['is of another issuer', (document: Document) => ({ ...document, issuer: 'https://evil.example' })],
    [
      'is of nearly the same issuer',
      (document: Document) => ({ ...document, issuer: `${String(document['issuer'])}/` }),
    ],
    [
      'sends browsers into a script',
      (document: Document) => ({ ...document, authorization_endpoint: 'javascript:alert(1)' }),
    ],
    [
      'has its secrets sent in the clear',
      (document: Document) => ({ ...document, token_endpoint: 'http://id.example/token' }),
    ],
    ['has no keys', (document: Document) => ({ ...document, jwks_uri: undefined })],
    ['is a list', () => []],
  ] as const)('is not believed when it %s', async (_what, change) => {
    const fresh = await TestProvider.start();
    await world.configure({ accounts: { oidc: { fresh: fresh.settings } } });
    const document = (await (await fetch(`${fresh.issuer}/.well-known/openid-configuration`)).json()) as Document;
    broken(fresh, '/.well-known', answered(change(document)));

    const reply = await gateway.get('/auth/oidc/fresh/start');
    expect([reply.status, reply.body.error.message]).toEqual([503, 'the sign-in provider "fresh" does not answer']);

    // It is asked again, but not at once.
    delete fresh.intercept;
    expect((await gateway.get('/auth/oidc/fresh/start')).status).toBe(503);
    gateway.clock.advance(5_000);
    expect((await gateway.get('/auth/oidc/fresh/start')).status).toBe(302);
    await fresh.close();
  });
});

type Document = Readonly<Record<string, unknown>>;
