import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { selfSigned } from '../helpers/certificate.js';
import { bearer, HOUSE_TOKEN, type Reply, startGateway, type TestGateway } from '../helpers/gateway.js';
import type { StandInReply } from '../helpers/stand-in.js';
import { openAiCompletion, openAiError, StandInOpenAi } from '../helpers/stand-in-openai.js';
import { World } from '../helpers/world.js';

/** Secrets of the house and of callers; each may be seen where it belongs and nowhere else. */
const KEY = 'sk-canary-1f0c9b2e7d6a45e8';
const SECOND_KEY = 'sk-canary-2a7e5c4d9b3f48d1';
const CANARY = 'inbound-canary-5b1d';

const CHAT = { model: 'openclaw', messages: [{ role: 'user', content: 'Hello' }] };
const ENDPOINTS = ['chat/completions', 'embeddings', 'responses'] as const;
const BODIES = { 'chat/completions': CHAT, embeddings: { input: 'a' }, responses: { input: 'a' } } as const;

let provider: StandInOpenAi;
let stranger: StandInOpenAi;
let unsafe: StandInOpenAi;
let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  [provider, stranger] = [await StandInOpenAi.start(), await StandInOpenAi.start()];
  unsafe = await StandInOpenAi.start({ tls: selfSigned() });
  gateway = await startGateway({
    config: {
      gateway: { auth: { token: HOUSE_TOKEN, loopback: 'deny', rateLimit: { maxAttempts: 20 } } },
      models: {
        providers: {
          stand: { type: 'openai', baseUrl: provider.baseUrl },
          unsafe: { type: 'openai', baseUrl: unsafe.baseUrl, apiKey: KEY },
        },
      },
      agents: { list: [{ id: 'main', default: true, model: 'stand/gpt-test' }] },
    },
    environment: { STAND_API_KEYS: `${KEY}, ,${KEY};${SECOND_KEY}` },
    database: 'embedded',
  });
  world = new World(gateway);
});
beforeEach(() => {
  provider.clear();
  stranger.clear();
});
afterAll(async () => {
  await gateway.close();
  await provider.close();
  await stranger.close();
  await unsafe.close();
});

const post = (body: unknown, headers: Record<string, string> = {}, path = 'chat/completions'): Promise<Reply> =>
  gateway.call(`/v1/${path}`, {
    method: 'POST',
    headers: { ...bearer(HOUSE_TOKEN), 'content-type': 'application/json', ...headers },
    body,
  });

describe('S179: a caller cannot choose where a request goes, or with whose key', () => {
  const FIELDS = [
    'base_url',
    'api_base',
    'baseUrl',
    'baseURL',
    'endpoint',
    'api_key',
    'apiKey',
    'host',
    'proxy',
    'extra_headers',
    'extra_body',
    'model_list',
    'litellm_params',
    'custom_llm_provider',
    'API-Base',
  ];

  it.each(FIELDS)('by the field %s: refused, and nobody asked', async (name) => {
    for (const path of ENDPOINTS) {
      const { status, body } = await post({ ...BODIES[path], [name]: `${stranger.baseUrl}` }, {}, path);
      expect([status, body.error.param]).toEqual([400, name]);
    }
    expect([provider.asked, stranger.asked]).toEqual([[], []]);
  });

  it.each([
    'x-base-url',
    'x-api-base',
    'api-base',
    'x-openai-base-url',
    'x-portkey-custom-host',
    'openai-base-url',
    'x-forwarded-host',
    'helicone-target-url',
  ])('by the header %s: ignored', async (name) => {
    expect((await post(CHAT, { [name]: stranger.baseUrl })).status).toBe(200);
    expect([provider.asked.length, stranger.asked]).toEqual([1, []]);
    expect(provider.last.headers).not.toHaveProperty([name]);
  });

  it('by the query: ignored', async () => {
    const query = `?base_url=${encodeURIComponent(stranger.baseUrl)}&api_base=x&api-version=1`;
    expect((await post(CHAT, {}, `chat/completions${query}`)).status).toBe(200);
    expect([provider.last.path, stranger.asked]).toEqual(['/v1/chat/completions', []]);
  });

  it('by the name of a model: it is a name and nothing else', async () => {
    expect((await post({ ...CHAT, model: stranger.baseUrl })).status).toBe(404);
    for (const model of [`stand/${stranger.baseUrl}`, 'stand/../../x?y#z', 'stand/@127.0.0.1:1/']) {
      expect((await post({ ...CHAT, model })).status).toBe(200);
      expect(provider.last).toMatchObject({
        path: '/v1/chat/completions',
        json: { model: model.slice('stand/'.length) },
      });
    }
    expect(stranger.asked).toEqual([]);
  });
});

it('S181: where a provider redirects to is not followed', async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    provider.once({ status, headers: { location: `${stranger.baseUrl}/chat/completions` } });
    const { status: seen, body, headers } = await post(CHAT);
    expect([seen, body.error.type]).toEqual([502, 'upstream_error']);
    expect(headers.location).toBeUndefined();
  }
  expect(stranger.asked).toEqual([]);
});

it('S182: nothing of the caller goes on to a provider but the request itself', async () => {
  const { token } = await world.person();
  const { status } = await post(CHAT, {
    ...bearer(token),
    cookie: `session=${CANARY}`,
    'x-openclaw-session-key': CANARY,
    'x-openclaw-agent-id': 'main',
    'x-openclaw-message-channel': CANARY,
    'proxy-authorization': `Basic ${CANARY}`,
    'x-api-key': CANARY,
    'openai-organization': CANARY,
    forwarded: `for=${CANARY}`,
    'x-real-ip': '198.51.100.9',
    'x-request-id': CANARY,
    referer: `https://${CANARY}.example`,
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  });
  expect(status).toBe(200);
  const seen = JSON.stringify([provider.last.rawHeaders, provider.last.text]);
  for (const secret of [token, CANARY, HOUSE_TOKEN, '198.51.100.9']) expect(seen).not.toContain(secret);
  expect(
    Object.keys(provider.last.headers)
      .filter((name) => name !== 'traceparent')
      .sort(),
  ).toEqual([
    'accept',
    'accept-encoding',
    'authorization',
    'connection',
    'content-length',
    'content-type',
    'host',
    'user-agent',
  ]);
});

describe('S184: what a provider refuses is no refusal of the gateway', () => {
  /** It says back what it was shown. */
  const refuse =
    (status: number): StandInReply =>
    ({ headers }) =>
      openAiError(status, `no, with ${headers.authorization}`);

  // prettier-ignore
  it.each([
    [401, 502, 'upstream_auth',            'false'],
    [402, 502, 'upstream_billing',         'false'],
    [403, 502, 'upstream_auth',            'false'],
    [404, 404, 'upstream_not_found',       'false'],
    [413, 413, 'upstream_too_large',       'false'],
    [422, 422, 'upstream_invalid_request', 'false'],
    [429, 503, 'upstream_rate_limited',    'true'],
    [500, 502, 'upstream_error',           'true'],
    [503, 503, 'upstream_overloaded',      'true'],
  ])('%i of the provider is %i', async (given, status, code, again) => {
    provider.always(refuse(given));
    try {
      const reply = await post(CHAT);
      expect([reply.status, reply.body.error.code, reply.headers['x-should-retry']]).toEqual([status, code, again]);
      expect(reply.body.error.type).toBe('upstream_error');
      expect(reply.headers['www-authenticate']).toBeUndefined();
      expect(reply.text).not.toContain(KEY);
      expect(reply.text).not.toContain(SECOND_KEY);
    } finally {
      provider.clear().always((asked) => ({ body: openAiCompletion('fine', asked.json.model) }));
    }
  });

  it('and counts against nobody', async () => {
    provider.once(...Array.from({ length: 30 }, () => refuse(401)));
    for (let i = 0; i < 30; i += 1) await post(CHAT);
    expect(await world.failures()).toEqual([]);
    provider.clear();
    expect((await post(CHAT)).status).toBe(200);
  });
});

describe('S186: a body that two readers would read differently', () => {
  const text = (json: string): Promise<Reply> => post(json);
  const messages = '"messages":[{"role":"user","content":"a"}]';

  // prettier-ignore
  it.each([
    ['a model said twice',      `{"model":"openclaw","model":"stand/x",${messages}}`,          'says "model" twice'],
    ['hidden by an escape',     `{"model":"openclaw","m\\u006fdel":"stand/x",${messages}}`,    'says "model" twice'],
    ['a role said twice',       '{"messages":[{"role":"user","role":"system","content":"a"}]}', 'says "role" twice'],
    ['__proto__',               `{"__proto__":{"isAdmin":true},${messages}}`,                  '__proto__'],
    ['__proto__ further down',  '{"messages":[{"role":"user","content":"a","__proto__":{"isAdmin":true}}]}', '__proto__'],
    ['deeply nested',           `{"metadata":${'['.repeat(5000)}${']'.repeat(5000)},${messages}}`, '100 deep'],
    ['behind a byte order mark', `\uFEFF{${messages}}`,                                        'no JSON'],
  ])('%s: 400, and nobody asked', async (_, body, message) => {
    const reply = await text(body);
    expect([reply.status, reply.body.error.message]).toEqual([400, expect.stringContaining(message)]);
    expect(provider.asked).toEqual([]);
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  it('constructor and prototype are members like others', async () => {
    expect((await text(`{"constructor":{"prototype":{"isAdmin":true}},${messages}}`)).status).toBe(200);
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  it('two different headers of the family: 400', async () => {
    expect((await post(CHAT, { 'x-openclaw-model': 'stand/a', 'x-doorward-model': 'stand/b' })).status).toBe(400);
    expect(provider.asked).toEqual([]);
  });
});

it('S188: after a rate limit the next key is used, each once; neither is in an answer, the log or the metrics', async () => {
  provider.once(openAiError(429, `rate limit for ${KEY}`));
  const reply = await post(CHAT);
  expect(reply.status).toBe(200);
  const keys = provider.asked.map(({ headers }) => headers.authorization);
  expect(keys).toEqual([`Bearer ${KEY}`, `Bearer ${SECOND_KEY}`]);
  provider.once(openAiError(429, `rate limit for ${KEY}`), openAiError(429, `quota exceeded for ${SECOND_KEY}`));
  const failed = await post(CHAT);
  expect([failed.status, provider.asked.length]).toEqual([503, 4]);
  await world.flushLog();
  const said = [
    failed.text,
    JSON.stringify([failed.headers, reply.headers]),
    readFileSync(join(gateway.stateDir, 'logs', 'gateway.log'), 'utf8'),
    (await gateway.get('/metrics', bearer(HOUSE_TOKEN))).text,
  ];
  for (const text of said) for (const key of [KEY, SECOND_KEY]) expect(text).not.toContain(key);
});

it('S189: a provider with a bad certificate is not spoken with', async () => {
  const reply = await post({ ...CHAT, model: 'unsafe/m' });
  expect([reply.status, reply.body.error.type]).toEqual([502, 'upstream_error']);
  expect(unsafe.asked).toEqual([]);
});

describe('S116, S117, S123: scopes of the model API', () => {
  const withScopes = async (
    scopes: ('operator.read' | 'operator.pairing' | 'operator.approvals')[],
  ): Promise<Record<string, string>> => bearer((await world.device({ scopes })).token);

  it('S116: the list of models needs the read scope', async () => {
    const [without, reader] = [await withScopes(['operator.approvals']), await withScopes(['operator.read'])];
    for (const path of ['/v1/models', '/v1/models/openclaw', '/v1/models/stand/gpt-test']) {
      const refused = await gateway.get(path, without);
      expect([refused.status, refused.body.error.message]).toEqual([403, 'missing scope: operator.read']);
      expect((await gateway.get(path, reader)).status).toBe(200);
    }
  });

  it('S123: a reader causes no call to a model, whatever it says', async () => {
    const reader = await withScopes(['operator.read']);
    const words = {
      'x-openclaw-scopes': 'operator.admin',
      'x-openclaw-agent-id': 'main',
      'x-openclaw-model': 'stand/x',
    };
    for (const path of ENDPOINTS) {
      const { status, body } = await post(BODIES[path], { ...reader, ...words }, path);
      expect([status, body.error.message]).toEqual([403, 'missing scope: operator.write']);
    }
    expect(provider.asked).toEqual([]);
  });
});

it('S124: a session key of somebody else leads to nothing of theirs', async () => {
  const [ana, ben] = [await world.person(), await world.person()];
  const session = { 'x-openclaw-session-key': 'agent:main:shared' };
  const say = (who: { token: string }, content: string): Promise<Reply> =>
    post({ ...CHAT, messages: [{ role: 'user', content }] }, { ...bearer(who.token), ...session });
  await say(ana, 'the word is lobster');
  const reply = await say(ben, 'what was the word?');
  expect(reply.status).toBe(200);
  expect(provider.last.text).not.toContain('lobster');
  const usage = await gateway.get('/api/v1/usage', bearer(ben.token));
  expect(usage.text).not.toContain(ana.userId);
});
