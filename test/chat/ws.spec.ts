import { jest } from '@jest/globals';
import type { Session } from '../../src/chat/sessions/session.js';
import { SessionRows } from '../../src/chat/sessions/session-rows.js';
import { SessionsService } from '../../src/chat/sessions/sessions.service.js';
import { ELSEWHERE, World } from '../helpers/world.js';
import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { openAiEvents, StandInOpenAi } from '../helpers/stand-in-openai.js';
import { until } from '../helpers/until.js';
import { DIALECTS, NATIVE } from '../helpers/ws-client.js';
import { modelConfig, PROVIDER_KEY } from './model-api.js';
import { Talker, textOf } from './talker.js';

const ANSWER = 'Grüße vom Modell 🦞';

let standIn: StandInOpenAi;
let gateway: TestGateway;

beforeAll(async () => {
  standIn = await StandInOpenAi.start();
  gateway = await startGateway({ config: modelConfig(standIn), database: 'embedded' });
});
afterAll(async () => {
  await gateway.close();
  await standIn.close();
});
beforeEach(() => standIn.clear());

const talkers: Talker[] = [];
afterEach(() => talkers.splice(0).forEach((talker) => talker.close()));

async function somebody(speech = NATIVE, token = HOUSE_TOKEN, options = {}): Promise<Talker> {
  const talker = await Talker.at(gateway, speech, token, { headers: ELSEWHERE, ...options });
  talkers.push(talker);
  return talker;
}

/** An answer that goes on when the test says so. */
function held(text = 'one two three'): {
  body: string;
  cuts: number[];
  gate: (piece: number) => Promise<void>;
  release: () => void;
} {
  let release!: () => void;
  const gone = new Promise<void>((resolve) => (release = resolve));
  const body = openAiEvents(text, 'gpt-test');
  const cut = body.indexOf('\n\n', body.indexOf('one')) + 2;
  return { body, cuts: [cut], gate: (piece) => (piece === 0 ? Promise.resolve() : gone), release };
}

describe.each(DIALECTS)('a conversation in $name', (speech) => {
  it('is acknowledged at once, streamed, kept, and sent along with the next message', async () => {
    const me = await somebody(speech);
    const sessionKey = `talk-${speech.name}`;
    const runId = `run-${speech.name}`;

    const sent = await me.ask('chat.send', { sessionKey, message: 'Hello', idempotencyKey: runId });
    expect(sent).toEqual({ runId, status: 'started' });
    const last = await me.end(runId);

    expect(last).toMatchObject({ runId, sessionKey, agentId: 'main', state: 'final', stopReason: 'stop' });
    expect(textOf(last)).toBe(ANSWER);
    const events = me.of(runId);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    const deltas = events.filter(({ state }) => state === 'delta');
    expect(deltas.map(({ deltaText }) => deltaText).join('')).toBe(ANSWER);
    expect(textOf(deltas.at(-1)!)).toBe(ANSWER);

    await me.talk(sessionKey, 'And now?');
    expect(standIn.last.json).toMatchObject({ model: 'gpt-test', stream: true });
    expect(standIn.last.json.messages).toEqual([
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: ANSWER },
      { role: 'user', content: 'And now?' },
    ]);
    expect(standIn.last.headers.authorization).toBe(`Bearer ${PROVIDER_KEY}`);

    const history = await me.ask('chat.history', { sessionKey });
    expect(history.messages.map((message: { role: string }) => [message.role, textOf({ message } as never)])).toEqual([
      ['user', 'Hello'],
      ['assistant', ANSWER],
      ['user', 'And now?'],
      ['assistant', ANSWER],
    ]);
    expect(history.messages[1]).toMatchObject({ provider: 'stand', model: 'gpt-test', stopReason: 'stop', runId });
    expect(history).toMatchObject({ sessionKey, hasMore: false, sessionInfo: { hasActiveRun: false } });
    expect(JSON.stringify(history)).not.toContain(PROVIDER_KEY);
  });

  it('a message that is sent again is the same message', async () => {
    const me = await somebody(speech);
    const answer = held();
    standIn.once(answer);
    const message = { sessionKey: `again-${speech.name}`, message: 'Hello', idempotencyKey: 'the-same' };

    expect(await me.ask('chat.send', message)).toMatchObject({ status: 'started' });
    expect(await me.ask('chat.send', message)).toEqual({ runId: 'the-same', status: 'in_flight' });
    answer.release();
    await me.end('the-same');
    expect(await me.ask('chat.send', message)).toEqual({ runId: 'the-same', status: 'ok' });

    expect(standIn.asked).toHaveLength(1);
    const { messages } = await me.ask('chat.history', { sessionKey: message.sessionKey });
    expect(messages).toHaveLength(2);
  });

  it('an answer is aborted within a second, upstream too, and what had come of it is kept', async () => {
    const me = await somebody(speech);
    const answer = held();
    standIn.once(answer);
    const sessionKey = `abort-${speech.name}`;
    const runId = await me.say(sessionKey, 'Go on for ever');
    await me.until((event) => event.runId === runId && textOf(event).startsWith('one'));

    const before = Date.now();
    expect(await me.ask('chat.abort', { sessionKey })).toEqual({ ok: true, aborted: true, runIds: [runId] });
    const last = await me.end(runId);
    expect(await standIn.last.over).toBe(true);
    expect(Date.now() - before).toBeLessThan(1000);

    expect(last).toMatchObject({ state: 'aborted', stopReason: 'aborted' });
    await new World(gateway).flushLog();
    expect(gateway.log().filter(({ event }) => event === 'chat.fault')).toEqual([]);
    expect(textOf(last)).toBe('one');
    const { messages } = await me.ask('chat.history', { sessionKey });
    expect(messages.at(-1)).toMatchObject({ role: 'assistant', cut: 'aborted', content: [{ text: 'one' }] });
    expect(await me.ask('chat.abort', { sessionKey, runId })).toEqual({ ok: true, aborted: false, runIds: [] });
  });
});

it('one message that is sent twenty times at once is answered once, in one new session', async () => {
  const me = await somebody();
  const message = { sessionKey: 'storm', message: 'Hello', idempotencyKey: 'storm' };
  const sent = await Promise.all(Array.from({ length: 20 }, () => me.ask('chat.send', message)));
  expect(sent.filter(({ status }) => status === 'started')).toHaveLength(1);
  await me.end('storm');
  expect(standIn.asked).toHaveLength(1);
  expect((await me.ask('chat.history', { sessionKey: 'storm' })).messages).toHaveLength(2);
  expect((await me.ask('sessions.list', { search: 'storm' })).sessions).toHaveLength(1);
});

it('an answer that comes byte by byte says the same', async () => {
  const me = await somebody();
  standIn.once({ body: openAiEvents('Grüße 🦞 und Küsse', 'gpt-test'), cuts: 'every byte' });
  const last = await me.talk('bytes', 'Hello');
  expect(textOf(last)).toBe('Grüße 🦞 und Küsse');
  const deltas = me.of(last.runId).filter(({ state }) => state === 'delta');
  expect(deltas.map(({ deltaText }) => deltaText).join('')).toBe('Grüße 🦞 und Küsse');
});

it('a credential that is revoked while its message is taken in has no answer begun (S234)', async () => {
  const token = await gateway.gatewayToken({ email: 'quick@example.com' });
  const me = await somebody(NATIVE, token.token);
  await me.talk('main', 'Hello');
  standIn.clear();
  // The rows are slow at that moment: the revocation is heard before the message is found its place.
  const world = new World(gateway);
  const sessions = world.get(SessionRows);
  const find = sessions.find.bind(sessions);
  const slow = jest.spyOn(sessions, 'find').mockImplementationOnce(async (...asked) => {
    await world.change(
      { kind: 'gateway-token', id: token.id },
      'UPDATE gateway_tokens SET revoked_at = now() WHERE id = $1',
    );
    return find(...asked);
  });
  const answer = me.call('chat.send', { sessionKey: 'main', message: 'Too late' });
  await me.closed;
  await Promise.race([answer, until('the message to be refused', () => slow.mock.results.length > 0)]);
  slow.mockRestore();

  const again = await somebody(NATIVE, (await gateway.gatewayToken({ email: 'quick@example.com' })).token);
  expect((await again.ask('chat.history', { sessionKey: 'main' })).messages).toHaveLength(2);
  expect(standIn.asked).toEqual([]);
});

it('an answer goes on when the socket that asked for it has gone', async () => {
  const first = await somebody();
  const watcher = await somebody();
  const answer = held();
  standIn.once(answer);
  const runId = await first.say('left', 'Hello');
  await watcher.until((event) => event.runId === runId);
  first.close();
  await first.closed;

  const late = await somebody();
  const under = await late.ask('chat.history', { sessionKey: 'left' });
  expect(under).toMatchObject({ inFlightRun: { runId, text: 'one' }, sessionInfo: { activeRunIds: [runId] } });
  answer.release();

  expect(textOf(await watcher.end(runId))).toBe('one two three');
  expect(textOf(await late.end(runId))).toBe('one two three');
});

it('what is said while an answer is under way waits for it', async () => {
  const me = await somebody();
  const answer = held();
  standIn.once(answer);
  const first = await me.say('queue', 'first');
  const second = await me.say('queue', 'second');
  await me.until((event) => event.runId === first);
  expect(standIn.asked).toHaveLength(1);
  answer.release();
  await me.end(second);

  expect(standIn.last.json.messages).toEqual([
    { role: 'user', content: 'first' },
    { role: 'assistant', content: 'one two three' },
    { role: 'user', content: 'second' },
  ]);
});

it.each<[string, (me: Talker) => Promise<unknown>]>([
  ['a command', (me) => me.talk('turns-a command', '/model list')],
  [
    'a message that is aborted',
    async (me) => {
      const sessionKey = 'turns-a message that is aborted';
      const runId = await me.say(sessionKey, 'never mind');
      await me.ask('chat.abort', { sessionKey, runId });
      await me.end(runId);
    },
  ],
])('%s that ends before its turn leaves its place to nobody', async (what, cutIn) => {
  const me = await somebody();
  const sessionKey = `turns-${what}`;
  const answer = held();
  standIn.once(answer);
  const first = await me.say(sessionKey, 'first');
  await me.until((event) => event.runId === first);
  await cutIn(me);
  const last = await me.say(sessionKey, 'last');
  await me.talk(`beside-${what}`, 'meanwhile');
  const asked = () => standIn.asked.map(({ json }) => json.messages.at(-1).content as string);
  expect(asked()).toEqual(['first', 'meanwhile']);
  answer.release();
  await me.end(last);
  expect(asked()).toEqual(['first', 'meanwhile', 'last']);
  expect(standIn.last.json.messages).toContainEqual({ role: 'assistant', content: 'one two three' });
});

it('images go to the model, and their names are kept', async () => {
  const me = await somebody();
  const image = { type: 'image', mimeType: 'image/png', fileName: 'cat.png', content: 'aGVsbG8=' };
  await me.talk('images', 'What is this?', { attachments: [image] });

  expect(standIn.last.json.messages).toEqual([
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,aGVsbG8=' } },
      ],
    },
  ]);
  const { messages } = await me.ask('chat.history', { sessionKey: 'images' });
  expect(messages[0].attachments).toEqual(['cat.png']);
});

it('a provider that fails is an error of the run; the message stays, and may be sent again under its name', async () => {
  const me = await somebody();
  standIn.once({ status: 400, body: { error: { message: `no: ${PROVIDER_KEY}`, type: 'invalid_request_error' } } });
  const last = await me.talk('fails', 'Hello', { idempotencyKey: 'failing' });
  expect(last).toMatchObject({ state: 'error', errorKind: 'unknown', errorMessage: expect.any(String) });
  expect(JSON.stringify(last)).not.toContain(PROVIDER_KEY);

  expect(await me.ask('chat.send', { sessionKey: 'fails', message: 'Hello', idempotencyKey: 'failing' })).toEqual({
    runId: 'failing',
    status: 'started',
  });
  await me.until(({ runId, state }) => runId === 'failing' && state === 'final');
  const { messages } = await me.ask('chat.history', { sessionKey: 'fails' });
  expect(messages.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant']);
});

it('an answer that breaks off is an error, and what had come is kept', async () => {
  const me = await somebody();
  const body = openAiEvents('one two three', 'gpt-test');
  standIn.once({ body, breakAfter: body.indexOf(' two') });
  const last = await me.talk('breaks', 'Hello');

  expect(last).toMatchObject({ state: 'error' });
  expect(textOf(last)).toBe('one');
  const { messages } = await me.ask('chat.history', { sessionKey: 'breaks' });
  expect(messages.at(-1)).toMatchObject({ role: 'assistant', cut: 'error' });
});

it('a fault of our own is an error of the run, and the log names both', async () => {
  const me = await somebody();
  const failing = jest.spyOn(gateway.app.get(SessionsService), 'backwards').mockImplementation(() => {
    throw new Error('a fault');
  });
  const last = await me.talk('faulty', 'Hello');
  failing.mockRestore();

  expect(last).toMatchObject({ state: 'error', errorMessage: 'internal error' });
  const world = new World(gateway);
  await world.flushLog();
  const [session] = await world.rows<{ id: string }>(`SELECT id FROM chat_sessions WHERE key = 'faulty'`);
  const fault = gateway.log().find(({ event }) => event === 'chat.fault');
  expect(fault).toMatchObject({
    level: 'error',
    runId: last.runId,
    session: session!.id,
    requestId: expect.any(String),
  });
});

it('an answer that takes too long is ended', async () => {
  const me = await somebody();
  standIn.once(held());
  const runId = await me.say('late', 'Hello', { timeoutMs: 5000 });
  await me.until((event) => event.runId === runId);
  gateway.clock.advance(5001);

  expect(await me.end(runId)).toMatchObject({ state: 'error', errorKind: 'timeout' });
  expect(await standIn.last.over).toBe(true);
});

it('bad input names the field and keeps nothing', async () => {
  const me = await somebody();
  // prettier-ignore
  const wrong: [string, object, RegExp][] = [
    ['chat.send',      { sessionKey: 'wrong', message: '' },                                        /message: must not be empty/],
    ['chat.send',      { sessionKey: 'wrong', message: 'x'.repeat(1_000_001) },                      /message: must be no longer/],
    ['chat.send',      { message: 'x' },                                                             /at \/sessionKey: must be given$/],
    ['chat.send',      { sessionKey: 'wrong' },                                                      /at \/message: must be given$/],
    ['chat.send',      { sessionKey: 5, message: 'x' },                                              /at \/sessionKey: must be a string$/],
    ['chat.send',      { sessionKey: 'wrong', message: 'x', attachments: 5 },                        /at \/attachments: must be an array$/],
    ['chat.send',      { sessionKey: 'wrong', message: 'x', attachments: [{}, {}, {}, {}, {}, {}, {}, {}, {}] }, /at \/attachments: must contain no more than 8/],
    ['chat.abort',     {},                                                                           /at \/sessionKey: must be given$/],
    ['chat.send',      { sessionKey: 'a\nb', message: 'x' },                                         /sessionKey/],
    ['chat.send',      { sessionKey: 'agent:nobody:wrong', message: 'x' },                           /no such agent: nobody/],
    ['chat.send',      { sessionKey: 'wrong', message: 'x', attachments: [{ content: '%' }] },       /attachments\[0\]/],
    ['chat.send',      { sessionKey: 'wrong', message: 'x', timeoutMs: -1 },                         /timeoutMs/],
    ['chat.send',      { sessionKey: 'wrong', message: 'x', foo: 1 },                                /foo: unknown key/],
    ['chat.history',   { sessionKey: 'wrong' },                                                      /no such session: wrong/],
    ['chat.abort',     { sessionKey: 'wrong' },                                                      /no such session: wrong/],
    ['sessions.reset', { key: 'wrong' },                                                             /no such session: wrong/],
    ['sessions.reset', { key: 'agent:nobody:main' },                                                 /no such agent: nobody/],
    ['sessions.patch', { key: 'main', model: 'nothing-like-it' },                                    /no such model/],
    ['sessions.patch', { key: 'main', label: 'a\u0000' },                                            /label/],
  ];
  for (const [method, params, message] of wrong) {
    const { message: said } = await me.refused(method, params);
    expect([method, params, said]).toEqual([method, params, expect.stringMatching(message)]);
  }
  const { sessions } = await me.ask('sessions.list', { search: 'wrong' });
  expect(sessions.filter(({ displayName }: { displayName: string }) => displayName === 'wrong')).toEqual([]);
  expect((await me.ask('sessions.list', { agentId: 'nobody' })).sessions).toEqual([]);
  expect(standIn.asked).toEqual([]);
});

it('a client learns where to talk, to whom, and what answers', async () => {
  const me = await somebody();
  expect(me.hello.snapshot.sessionDefaults).toMatchObject({ mainKey: 'main', mainSessionKey: 'agent:main:main' });
  expect(me.hello.features.events).toContain('chat');
  expect(await me.ask('agents.list', {})).toMatchObject({
    defaultId: 'main',
    mainKey: 'main',
    agents: [{ id: 'main' }],
  });
  const { models } = await me.ask('models.list', {});
  expect(models).toEqual([
    { id: 'gpt-test', name: 'gpt-test', provider: 'stand' },
    { id: 'vectors', name: 'vectors', provider: 'stand' },
  ]);
  expect(await me.ask('sessions.list', { limit: 1 })).toMatchObject({
    path: 'database',
    defaults: { modelProvider: 'stand', model: 'gpt-test', contextTokens: expect.any(Number) },
    hasMore: true,
    count: 1,
  });
});

it('what clients of the family say beside it is taken, and means nothing', async () => {
  const me = await somebody();
  const about = {
    thinking: 'low',
    deliver: false,
    queueMode: 'steer',
    intent: { kind: 'x' },
    originatingChannel: 'tui',
  };
  await me.talk('family', 'Hello', about);
  expect(Object.keys(standIn.last.json).sort()).toEqual(['messages', 'model', 'stream', 'stream_options']);
  await me.ask('chat.history', { sessionKey: 'family', inputRunIds: [], limit: 5 });
  await me.ask('sessions.list', { includeGlobal: true, includeDerivedTitles: true, sortBy: 'updatedAt', limit: 1 });
  const { entry } = await me.ask('sessions.patch', {
    key: 'family',
    thinkingLevel: 'high',
    pinned: true,
    sandboxMode: null,
    agentRuntime: null,
    expectedSandboxMode: null,
    label: 'x',
  });
  expect(entry).toMatchObject({ label: 'x' });
});

it('a history comes in pages from its end', async () => {
  const me = await somebody();
  for (const text of ['1', '2', '3']) await me.talk('paged', text);
  const page = async (offset?: number) => {
    const { messages, nextOffset } = await me.ask('chat.history', { sessionKey: 'paged', limit: 4, offset });
    return [messages.map((message: never) => textOf({ message })), nextOffset];
  };
  expect(await page()).toEqual([['2', ANSWER, '3', ANSWER], 4]);
  expect(await page(4)).toEqual([['1', ANSWER], undefined]);
  const { messages } = await me.ask('chat.history', { sessionKey: 'paged', maxChars: 3 });
  expect(textOf({ message: messages[1] })).toBe('Grü\n…');
});

it('nothing is changed in a session that was begun anew since', async () => {
  const me = await somebody();
  await me.talk('anew', 'Hello');
  const { sessionId: expectedSessionId } = await me.ask('chat.history', { sessionKey: 'anew' });
  const change = { key: 'anew', expectedSessionId };
  expect(await me.ask('sessions.patch', { ...change, label: 'first' })).toMatchObject({ entry: { label: 'first' } });
  await me.ask('sessions.reset', { key: 'anew' });
  for (const [method, params] of [
    ['sessions.patch', { ...change, label: 'second' }],
    ['sessions.reset', change],
    ['sessions.delete', change],
  ] as const) {
    expect((await me.refused(method, params)).message).toMatch(/begun anew/);
  }
  const { sessions } = await me.ask('sessions.list', { search: 'anew' });
  expect(sessions).toMatchObject([{ label: 'first' }]);

  const [{ sessionId: now, updatedAt: expectedSessionUpdatedAt }] = sessions;
  await me.talk('anew', 'Hello again');
  const before = { key: 'anew', expectedSessionId: now, expectedSessionUpdatedAt };
  expect((await me.refused('sessions.delete', before)).message).toMatch(/used since/);
  const [{ updatedAt }] = (await me.ask('sessions.list', { search: 'anew' })).sessions;
  const as = { ...before, expectedSessionUpdatedAt: updatedAt };
  expect(await me.ask('sessions.delete', as)).toMatchObject({ deleted: true });
});

it('a list of sessions comes in pages, and none is archived', async () => {
  const me = await somebody();
  for (const key of ['page-1', 'page-2', 'page-3']) await me.talk(key, 'Hello');
  const keysOf = ({ sessions }: { sessions: { displayName: string }[] }) => sessions.map((one) => one.displayName);
  const first = await me.ask('sessions.list', { search: 'page-', limit: 2 });
  expect(first).toMatchObject({ count: 2, hasMore: true, nextOffset: 2 });
  const rest = await me.ask('sessions.list', { search: 'page-', limit: 2, offset: first.nextOffset });
  expect([first, rest].map((page) => keysOf(page as never))).toEqual([['page-3', 'page-2'], ['page-1']]);
  expect(rest.nextOffset).toBeUndefined();
  expect(await me.ask('sessions.list', { archived: true })).toMatchObject({ count: 0, sessions: [] });
  expect((await me.ask('sessions.list', { archived: 'all' })).count).toBeGreaterThan(2);
});

it('what began anew while somebody was about to change it stays as it is', async () => {
  const me = await somebody();
  const world = new World(gateway);
  const sessions = world.get(SessionsService);
  const key = 'overtaken';
  await me.talk(key, 'before');
  const [seen] = await world.rows<Session>(
    'SELECT id, tenant_id AS "tenantId", conversation_id AS "conversationId", key FROM chat_sessions WHERE key = $1',
    [key],
  );
  await me.ask('sessions.reset', { key });
  await me.talk(key, 'since');
  const [now] = (await me.ask('sessions.list', { search: key })).sessions;

  await expect(sessions.change(seen!, { label: 'old', model: 'stand/other' })).rejects.toThrow(/begun anew/);
  await expect(sessions.remove(seen!)).rejects.toThrow(/begun anew/);
  expect(await sessions.reset(seen!)).toMatchObject({ conversationId: now.sessionId, model: null });
  expect((await me.ask('sessions.list', { search: key })).sessions).toEqual([now]);
  expect((await me.ask('chat.history', { sessionKey: key })).messages).toHaveLength(2);

  await me.ask('sessions.delete', { key });
  await expect(sessions.change(seen!, { label: 'old' })).rejects.toThrow(/no such session/);
  await expect(sessions.reset(seen!)).rejects.toThrow(/no such session/);
  await sessions.remove(seen!);
});

it('a session that everybody has is empty before anything was said in it', async () => {
  const token = (await gateway.gatewayToken({ email: 'new@example.com' })).token;
  const me = await somebody(NATIVE, token);
  expect(await me.ask('chat.history', { sessionKey: 'main' })).toEqual({
    sessionKey: 'main',
    messages: [],
    hasMore: false,
    sessionInfo: { hasActiveRun: false, activeRunIds: [] },
  });
  expect(await me.ask('chat.abort', { sessionKey: 'agent:main:main' })).toMatchObject({ aborted: false });
});

it('no more is under way for one owner than the configuration allows', async () => {
  const config = modelConfig(standIn, { chat: { sessions: { maxRunsPerOwner: 2 } } });
  await new World(gateway).configure(config);
  const me = await somebody();
  const answers = [held(), held()];
  standIn.once(...answers);
  const runs = [await me.say('many-1', 'Hello'), await me.say('many-2', 'Hello')];
  await until('both to be asked', () => standIn.asked.length === 2);

  expect(await me.refused('chat.send', { sessionKey: 'many-3', message: 'x' })).toMatchObject({ code: 'UNAVAILABLE' });
  expect((await me.ask('sessions.list', { search: 'many-' })).sessions).toHaveLength(2);
  for (const answer of answers) answer.release();
  await Promise.all(runs.map((runId) => me.end(runId)));
  expect(textOf(await me.talk('many-3', 'x'))).toBe(ANSWER);
  await new World(gateway).configure(modelConfig(standIn));
});

it('of many messages at once, each in a session of its own, those that are too many begin none', async () => {
  await new World(gateway).configure(modelConfig(standIn, { chat: { sessions: { maxRunsPerOwner: 2 } } }));
  const me = await somebody();
  const answers = [held(), held()];
  standIn.once(...answers);
  const sent = await Promise.allSettled(
    Array.from({ length: 6 }, (_, n) =>
      me.ask('chat.send', { sessionKey: `burst-${n}`, message: 'x', idempotencyKey: `b-${n}` }),
    ),
  );

  const runs = sent.flatMap((one) => (one.status === 'fulfilled' ? [one.value.runId as string] : []));
  expect(runs).toHaveLength(2);
  expect((await me.ask('sessions.list', { search: 'burst-' })).sessions).toHaveLength(2);
  for (const answer of answers) answer.release();
  await Promise.all(runs.map((runId) => me.end(runId)));
  await new World(gateway).configure(modelConfig(standIn));
});

it('what waits to be answered for one owner is bounded in size, images included', async () => {
  const config = modelConfig(standIn, { chat: { sessions: { maxPendingCharsPerOwner: 1000 } } });
  await new World(gateway).configure(config);
  const me = await somebody();
  const attachments = [{ mimeType: 'image/png', content: 'aGVs'.repeat(300) }];
  const answer = held();
  standIn.once(answer);
  const first = await me.say('large', 'What is this?', { attachments });
  await me.until(({ runId }) => runId === first);

  for (const message of [{ message: 'x', attachments }, { message: 'x' }]) {
    expect(await me.refused('chat.send', { sessionKey: 'large', ...message })).toMatchObject({
      code: 'UNAVAILABLE',
      message: 'messages under way hold more than 1000 characters: wait for one',
    });
  }
  answer.release();
  await me.end(first);
  expect(await me.talk('large', 'And this?', { attachments })).toMatchObject({ state: 'final' });
  await new World(gateway).configure(modelConfig(standIn));
});

it('without a database there is no conversation, and everything else goes on', async () => {
  const bare = await startGateway({ config: modelConfig(standIn), database: 'none' });
  const me = await Talker.at(bare, NATIVE, HOUSE_TOKEN, { headers: ELSEWHERE });
  const refused = await me.refused('chat.send', { sessionKey: 'main', message: 'Hello' });
  expect(refused).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  expect(await me.ask('health', {})).toBeDefined();
  me.close();
  await bare.close();
});

it('a budget that is used up is an error of the run that names it', async () => {
  const person = await gateway.gatewayToken({ email: 'spent@example.com' });
  const budget = encodeURIComponent('user:spent@example.com:day');
  const headers = { ...ELSEWHERE, ...bearer(HOUSE_TOKEN) };
  expect(
    (await gateway.call(`/api/v1/budgets/${budget}`, { method: 'PUT', headers, body: { tokens: 1 } })).status,
  ).toBeLessThan(300);
  const me = await somebody(NATIVE, person.token);
  const last = await me.talk('main', 'Hello');
  expect(last).toMatchObject({
    state: 'error',
    errorKind: 'rate_limit',
    errorMessage: expect.stringContaining('spent@example.com'),
  });
  expect(standIn.asked).toEqual([]);
});
