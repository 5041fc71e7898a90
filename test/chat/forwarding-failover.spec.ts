import type { UpstreamFailure } from '../../src/chat/upstream-failure.js';
import { apiKey, startStocked } from '../credentials/stocked.js';
import { anthropicError, event, StandInAnthropic } from '../helpers/stand-in-anthropic.js';
import { openAiCompletion, openAiError, openAiEvents, StandInOpenAi } from '../helpers/stand-in-openai.js';
import type { StandInReply } from '../helpers/stand-in.js';
import { until } from '../helpers/until.js';
import type { TestGateway } from '../helpers/gateway.js';
import { ask, type Asking, CHAT, events, KEY, read } from './calling.js';

const FIRST = 'sk-first-1111111111';
const SECOND = 'sk-second-2222222222';
const STREAM = { ...CHAT, stream: true };

let openAi: StandInOpenAi;
let anthropic: StandInAnthropic;
let gateway: TestGateway;

beforeAll(async () => {
  openAi = await StandInOpenAi.start();
  anthropic = await StandInAnthropic.start();
  gateway = await startStocked(
    {
      main: {
        'profiled:one': apiKey('profiled', FIRST),
        'profiled:two': apiKey('profiled', SECOND),
        'pinned:one': apiKey('pinned', FIRST),
        'pinned:two': apiKey('pinned', SECOND),
        'resting:one': apiKey('resting', FIRST),
        'weary:one': apiKey('weary', FIRST),
        'tired:one': apiKey('tired', FIRST),
        'tired:two': apiKey('tired', SECOND),
        'spare:one': apiKey('spare', FIRST),
      },
    },
    {
      environment: { KEYED_API_KEYS: `${FIRST}, ,${SECOND};${FIRST}` },
      config: {
        models: {
          providers: {
            plain: { type: 'openai', baseUrl: openAi.baseUrl, apiKey: KEY },
            keyed: { type: 'openai', baseUrl: openAi.baseUrl },
            profiled: { type: 'openai', baseUrl: openAi.baseUrl },
            pinned: { type: 'openai', baseUrl: openAi.baseUrl },
            resting: { type: 'openai', baseUrl: openAi.baseUrl },
            weary: { type: 'openai', baseUrl: openAi.baseUrl },
            tired: { type: 'openai', baseUrl: openAi.baseUrl },
            spare: { type: 'openai', baseUrl: openAi.baseUrl },
            other: { type: 'anthropic', baseUrl: anthropic.baseUrl, apiKey: KEY },
            gone: { type: 'openai', baseUrl: 'http://127.0.0.1:9/v1', apiKey: KEY },
            lacking: { type: 'openai', baseUrl: 'https://lacking.example/v1' },
          },
        },
      },
    },
  );
});
afterAll(async () => {
  await gateway?.close();
  await openAi?.close();
  await anthropic?.close();
});
beforeEach(() => {
  openAi.clear();
  anthropic.clear();
});

const tooMany = openAiError(429, 'Rate limit reached for requests', { type: 'requests', code: 'rate_limit_exceeded' });
const keysShown = (): (string | undefined)[] => openAi.asked.map(({ headers }) => headers.authorization?.slice(7));
const failure = (asking: Asking): Promise<UpstreamFailure> =>
  ask(gateway, asking).then(
    () => Promise.reject(new Error('somebody answered')),
    (error: unknown) => error as UpstreamFailure,
  );

describe('the next credential', () => {
  it('S188: a rate limit goes on to the next key of the environment, once each, and no key is seen anywhere', async () => {
    openAi.once({ ...tooMany, body: { error: { message: `Rate limit reached for ${FIRST}` } } });
    const answer = await ask(gateway, { models: ['keyed/small'] });

    expect(keysShown()).toEqual([FIRST, SECOND]);
    expect(answer.tried).toEqual([
      { model: 'keyed/small', candidate: 'KEYED_API_KEYS', outcome: 'rate_limit' },
      { model: 'keyed/small', candidate: 'KEYED_API_KEYS', outcome: 'succeeded' },
    ]);
    expect(JSON.stringify([answer.headers, gateway.log()])).not.toMatch(/sk-(first|second)/);
  });

  it('S184: anything but a rate limit does not', async () => {
    openAi.once(openAiError(401, 'Incorrect API key provided'));

    await expect(failure({ models: ['keyed/small'] })).resolves.toMatchObject({ code: 'upstream_auth', status: 502 });
    expect(keysShown()).toEqual([FIRST]);
  });

  it('is the next profile, whatever was wrong with the first', async () => {
    openAi.once(openAiError(401, 'Incorrect API key provided'));
    const answer = await ask(gateway, { models: ['profiled/small'] });

    expect(keysShown()).toEqual([FIRST, SECOND]);
    expect(answer).toMatchObject({ source: 'profile profiled:two', model: { provider: 'profiled' } });
    await ask(gateway, { models: ['profiled/small'] });
    expect(keysShown()).toEqual([FIRST, SECOND, SECOND]); // the first one rests
  });

  it('is not tried where a person chose one: the next model is', async () => {
    openAi.once(tooMany);
    const answer = await ask(gateway, { models: ['pinned/small', 'other/claude'], pin: 'pinned:two' });

    expect(keysShown()).toEqual([SECOND]);
    expect(answer.model).toEqual({ provider: 'other', model: 'claude' });
  });

  it('is not tried for what no credential mends', async () => {
    openAi.once(openAiError(400, "'messages' is too long"));

    await expect(failure({ models: ['profiled/small', 'other/claude'] })).resolves.toMatchObject({ status: 400 });
    expect(openAi.asked).toHaveLength(1);
    expect(anthropic.asked).toEqual([]);
  });
});

describe('the next model', () => {
  // prettier-ignore
  it.each<[string, StandInReply]>([
    ['refuses the key',               openAiError(401, 'Incorrect API key provided')],
    ['wants to be paid',              openAiError(429, 'You exceeded your budget', { code: 'insufficient_quota' })],
    ['is asked too often',            tooMany],
    ['has too much to do',            openAiError(503, 'overloaded')],
    ['fails',                         openAiError(500, 'The server had an error')],
    ['sends somebody else away',      { status: 302, headers: { location: 'https://elsewhere.example/' } }],
    ['answers with a page',           { headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['breaks off before the head',    { breakAfter: 0 }],
    ['answers 200 with an error',     { body: { error: { message: 'Provider returned error', code: 502 } } }],
    ['answers in a wrong encoding',   { headers: { 'content-encoding': 'gzip' }, body: { a: 1 } }],
    ['answers 200 with nothing',      { headers: { 'content-type': 'application/json' }, body: '' }],
    ['answers with half a JSON',      { headers: { 'content-type': 'application/json' }, body: '{"choices":[{"index":0' }],
    ['answers with a word',           { headers: { 'content-type': 'application/json' }, body: 'upstream error' }],
  ])('is asked when the first %s', async (_, reply) => {
    openAi.once(reply, reply);
    const answer = await ask(gateway, { models: ['plain/small', 'other/claude'] });

    expect(answer.model).toEqual({ provider: 'other', model: 'claude' });
    expect(answer.tried.map(({ model }) => model)).toEqual(['plain/small', 'other/claude']);
    expect(JSON.parse(await read(answer)).choices[0].message.content).toBe('Grüße vom Modell 🦞');
  });

  it('is asked when nobody listens at the first, or there is no credential for it', async () => {
    const answer = await ask(gateway, { models: ['gone/small', 'lacking/small', 'other/claude'] });

    expect(answer.tried).toEqual([
      { model: 'gone/small', candidate: 'models.providers.gone.apiKey', outcome: 'unreachable' },
      { model: 'lacking/small', candidate: 'none', outcome: 'no credential' },
      { model: 'other/claude', candidate: 'models.providers.other.apiKey', outcome: 'succeeded' },
    ]);
  });

  it('is asked when a stream begins with an error, for nothing has gone to the caller yet', async () => {
    const comment = ': busy\n\n';
    openAi.once({ body: `${comment}data: {"error":{"message":"overloaded","code":503}}\n\n` });
    anthropic.once({ body: event('error', { error: { type: 'overloaded_error', message: 'Overloaded' } }) });
    const answer = await ask(gateway, { models: ['plain/small', 'other/claude', 'keyed/small'], body: STREAM });

    expect(answer.tried.map(({ outcome }) => outcome)).toEqual(['overloaded', 'overloaded', 'succeeded']);
    expect(events(await read(answer)).at(-1)).toBe('[DONE]');
  });

  // prettier-ignore
  it.each<[string, StandInReply, string, RegExp]>([
    ['answers at once',               { body: openAiCompletion('x', 'm') },                                        'unknown',    /answers at once, and not as the stream that was asked for/],
    ['answers at once with an error', { body: { error: { message: 'Too busy', code: 503 } } },                     'overloaded', /Too busy/],
    ['begins with an event "error"',  { body: 'event: error\ndata: {"message":"No capacity","code":429}\n\n' },    'rate_limit', /No capacity/],
    ['begins with words of an error', { body: 'event: error\ndata: out of memory\n\n' },                          'overloaded', /out of memory/],
    ['begins with an error in words', { body: 'data: {"error":"boom"}\n\n' },                                     'overloaded', /boom/],
    ['is an error that never closes', { body: 'data: {"error":{"message":"boom","code":"x","status":429}}' },      'rate_limit', /boom/],
    ['is half an event',              { body: 'data: {"choices":[{"delta":{"con' },                                'unknown',    /ended in the middle of an event/],
  ])('is asked when a stream of the first %s', async (_, reply, outcome, reason) => {
    openAi.once(reply, reply);
    const answer = await ask(gateway, { models: ['plain/small', 'other/claude'], body: STREAM });

    expect(answer.tried.map((one) => one.outcome)).toEqual([outcome, 'succeeded']);
    expect(events(await read(answer)).at(-1)).toBe('[DONE]');
    await until('the log says why', () => gateway.log().some((line) => reason.test(String(line.reason))));
  });

  it('is not asked for a stream that speaks of errors', async () => {
    const text = openAiEvents('"error": {"message":"boom"}', 'm');
    openAi.once({ body: text });

    expect(await read(await ask(gateway, { models: ['plain/small', 'other/claude'], body: STREAM }))).toBe(text);
  });

  it('is not asked when a comment has gone: the error follows it, in the words of the gateway', async () => {
    const body = ': busy\n\ndata: {"error":{"message":"overloaded","code":503}}\n\n';
    openAi.once({ body, cuts: [8], gate: (index) => (index === 1 ? comment : undefined) });
    let goOn = (): void => undefined;
    const comment = new Promise<void>((resolve) => (goOn = resolve));
    const answer = await ask(gateway, { models: ['plain/small', 'other/claude'], body: STREAM });
    goOn();
    const text = await read(answer);

    expect(text.startsWith(': busy\n\n')).toBe(true);
    expect(events(text)).toMatchObject([{ error: { type: 'upstream_error', code: 'upstream_overloaded' } }]);
  });

  it('is not asked once something has gone to the caller: the stream ends with one error', async () => {
    const text = openAiEvents('eins zwei drei', 'm');
    openAi.once({ body: text, breakAfter: text.indexOf('drei') });
    const answer = await ask(gateway, { models: ['plain/small', 'other/claude'], body: STREAM });
    const all = events(await read(answer));

    expect(all.at(-1)).toEqual({
      error: expect.objectContaining({
        type: 'upstream_error',
        code: 'upstream_error',
        message: expect.stringMatching(/^plain .*broke the connection off/),
      }),
    });
    expect(all.slice(0, -1).every(({ choices }) => choices.length === 1)).toBe(true);
    const said = {
      event: 'model.failed',
      requestId: 'r-1',
      reason: 'broke the connection off in the middle of the answer',
    };
    await until('the log says so', () => gateway.log().some((line) => line.reason === said.reason));
    expect(gateway.log()).toContainEqual(expect.objectContaining(said));
    expect(anthropic.asked).toEqual([]);
  });

  it('is not asked either when a stream ends in half an event: that is left out, and the error stands in its place', async () => {
    const text = openAiEvents('eins zwei drei', 'm');
    const cut = text.indexOf('drei');
    openAi.once({ body: text.slice(0, cut) });
    const answer = await ask(gateway, { models: ['plain/small', 'other/claude'], body: STREAM });
    const said = await read(answer);

    const whole = text.slice(0, text.lastIndexOf('\n\n', cut) + 2);
    expect(said.startsWith(whole)).toBe(true);
    expect(events(said.slice(whole.length))).toEqual([
      {
        error: expect.objectContaining({
          type: 'upstream_error',
          message: 'plain ended in the middle of an event',
        }),
      },
    ]);
    expect(anthropic.asked).toEqual([]);
  });

  it('that does not know the endpoint is passed over', async () => {
    openAi.once(tooMany);
    const asking = {
      models: ['plain/small', 'other/claude', 'keyed/small'],
      endpoint: 'embeddings',
      body: { input: 'a' },
    } as const;

    expect((await ask(gateway, asking)).model.provider).toBe('keyed');
    expect(anthropic.asked).toEqual([]);
  });
});

describe('when nobody answers', () => {
  // prettier-ignore
  it.each<[string, StandInReply, object]>([
    ['401',             openAiError(401, `Incorrect API key provided: ${KEY}`),            { code: 'upstream_auth', status: 502, shouldRetry: false }],
    ['403',             openAiError(403, 'Country not supported'),                         { code: 'upstream_auth', status: 502, shouldRetry: false }],
    ['402',             openAiError(402, 'Insufficient credits'),                          { code: 'upstream_billing', status: 502, shouldRetry: false }],
    ['429',             { ...tooMany, headers: { 'retry-after': '7' } },                   { code: 'upstream_rate_limited', status: 503, shouldRetry: true, retryAfterMs: 7000 }],
    ['429 in ms',       { ...tooMany, headers: { 'retry-after-ms': '120' } },              { code: 'upstream_rate_limited', status: 503, retryAfterMs: 120 }],
    ['429 and no wait', tooMany,                                                           { code: 'upstream_rate_limited', status: 503, retryAfterMs: 1000 }],
    ['429 for years',   { ...tooMany, headers: { 'retry-after': '999999999' } },           { status: 503, retryAfterMs: 86_400_000 }],
    ['500',             openAiError(500, 'The server had an error'),                       { code: 'upstream_error', status: 502, shouldRetry: true, retryAfterMs: 1000, message: 'plain answers: The server had an error' }],
    ['500 from load',   openAiError(500, 'The engine is currently overloaded'),            { code: 'upstream_overloaded', status: 503, shouldRetry: true }],
    ['502',             { status: 502, body: '<html>' },                                   { code: 'upstream_error', status: 502, shouldRetry: true, message: 'plain answers: status 502, and no words about it' }],
    ['503',             { status: 503, body: '<html>' },                                   { code: 'upstream_overloaded', status: 503, shouldRetry: true }],
    ['504',             { status: 504, body: '<html>' },                                   { code: 'upstream_timeout', status: 504, shouldRetry: true }],
    ['529',             openAiError(529, 'Overloaded'),                                    { code: 'upstream_overloaded', status: 503, shouldRetry: true }],
    ['400',             openAiError(400, `No such field, ${KEY}`),                         { code: 'upstream_invalid_request', status: 400, shouldRetry: false, message: 'plain answers: No such field, ***' }],
    ['400 for a field', openAiError(400, 'Too hot', { param: 'temperature', code: 'bad' }), { code: 'upstream_invalid_request', status: 400, param: 'temperature' }],
    ['400 for a key',   openAiError(400, 'Odd', { param: `x.${KEY}` }),                    { code: 'upstream_invalid_request', param: 'x.***' }],
    ['400 for a book',  openAiError(400, 'Odd', { param: 'x'.repeat(201) }),               { code: 'upstream_invalid_request', param: undefined }],
    ['401 for a field', openAiError(401, 'Incorrect API key', { param: 'api_key' }),       { code: 'upstream_auth', param: undefined }],
    ['200 for a field', { body: { error: { message: 'No', code: 400, param: 'top_p' } } }, { code: 'upstream_invalid_request', status: 400, param: 'top_p' }],
    ['404',             openAiError(404, 'The model `x` does not exist'),                  { code: 'upstream_not_found', status: 404, shouldRetry: false, message: 'plain answers: The model `x` does not exist' }],
    ['413',             openAiError(413, 'Too large'),                                     { code: 'upstream_too_large', status: 413, shouldRetry: false }],
    ['422',             openAiError(422, 'Unprocessable'),                                 { code: 'upstream_invalid_request', status: 422 }],
    ['a redirect',      { status: 307, headers: { location: 'http://127.0.0.1:1/x' } },    { code: 'upstream_error', status: 502, shouldRetry: false }],
    ['a page',          { headers: { 'content-type': 'text/html' }, body: '<p>' },         { code: 'upstream_error', status: 502, message: 'plain answers with something that is no JSON' }],
    ['no HTTP head',    { breakAfter: 0 },                                                 { code: 'upstream_unreachable', status: 502, shouldRetry: true }],
  ])('S184: %s of the provider is no refusal of the gateway', async (_, reply, expected) => {
    openAi.once(reply, reply);
    const error = await failure({ models: ['plain/small'] });

    expect(error).toMatchObject({ name: 'UpstreamFailure', provider: 'plain', ...expected });
    expect(error.message).not.toContain(KEY);
    expect(error.tried).toHaveLength(1);
    expect(JSON.stringify(gateway.log())).not.toContain(KEY);
  });

  it('says what waiting may mend, before what it cannot', async () => {
    openAi.once({ ...tooMany, headers: { 'retry-after': '3' } });
    anthropic.once(anthropicError(401, 'authentication_error', 'invalid x-api-key'));

    await expect(failure({ models: ['plain/small', 'other/claude'] })).resolves.toMatchObject({
      code: 'upstream_rate_limited',
      retryAfterMs: 3000,
      tried: [{ outcome: 'rate_limit' }, { outcome: 'auth' }],
    });
  });

  it('says that there is no credential, and what an operator can do', async () => {
    const error = await failure({ models: ['lacking/small'] });

    expect(error).toMatchObject({ code: 'upstream_no_credentials', status: 503, shouldRetry: false });
    expect(error.message).toContain('doorward models auth add --provider lacking');
  });

  it('says until when all credentials rest', async () => {
    openAi.once(tooMany);
    await failure({ models: ['resting/small'] });
    const error = await failure({ models: ['resting/small'] });

    expect(error).toMatchObject({
      code: 'upstream_rate_limited',
      status: 503,
      shouldRetry: true,
      retryAfterMs: 60_000,
    });
    expect(openAi.asked).toHaveLength(1);
  });

  const forSeconds = (seconds: string): StandInReply => ({ ...tooMany, headers: { 'retry-after': seconds } });

  it.each([
    ['the only one rests', ['weary/small'], ['7'], 60_000],
    ['the provider wants longer', ['weary/other'], ['90'], 90_000],
    ['each of them rests', ['tired/small'], ['7', '8'], 60_000],
    ['the next model could be asked', ['spare/small', 'plain/small'], ['7', '8'], 7000],
    ['the next model rests as well', ['weary/third', 'spare/other'], ['7', '8'], 60_000],
  ])('sends nobody away for less than a credential rests: %s', async (_, models, waits, retryAfterMs) => {
    openAi.once(...waits.map(forSeconds));
    gateway.clock.advance(86_400_001); // no failure counts any more

    await expect(failure({ models })).resolves.toMatchObject({ code: 'upstream_rate_limited', retryAfterMs });
    expect(openAi.asked).toHaveLength(waits.length);
  });

  it('suggests a key where a subscription does not do', async () => {
    const message =
      'This credential is only authorized for use with Claude Code and cannot be used for other API requests.';
    anthropic.once(anthropicError(400, 'invalid_request_error', message));

    await expect(failure({ models: ['other/claude'] })).resolves.toMatchObject({
      code: 'upstream_auth',
      message: expect.stringContaining('use an Anthropic API key'),
    });
  });
});

it('S188: says in the log what failed, and no key with it', async () => {
  openAi.once(openAiError(400, `the last of all, ${KEY}`));
  await failure({ models: ['plain/small'] });
  await until('the log is written', () => gateway.log().some(({ reason }) => String(reason).startsWith('the last of')));

  expect(gateway.log().filter(({ event }) => event === 'model.failed').length).toBeGreaterThan(20);
  expect(JSON.stringify(gateway.log())).not.toMatch(/sk-(test|first|second)/);
});
