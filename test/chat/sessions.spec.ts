import { ChatRuns } from '../../src/chat/sessions/chat-runs.js';
import { Retention } from '../../src/chat/sessions/retention.js';
import { KeyRotationService } from '../../src/credentials/keys/key-rotation.service.js';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import type { Scope } from '../../src/kernel/scopes.js';
import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { openAiEvents, StandInOpenAi } from '../helpers/stand-in-openai.js';
import { newPerson, newTenant, type Person } from '../helpers/tenants.js';
import { until } from '../helpers/until.js';
import { ELSEWHERE, World } from '../helpers/world.js';
import { NATIVE } from '../helpers/ws-client.js';
import { modelConfig } from './model-api.js';
import { Talker, textOf } from './talker.js';

const ANSWER = 'Grüße vom Modell 🦞';
const SECRET = 'the code is 4711-canary';

let standIn: StandInOpenAi;
let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  standIn = await StandInOpenAi.start();
  gateway = await startGateway({ config: modelConfig(standIn), database: 'embedded' });
  world = new World(gateway);
});
afterAll(async () => {
  await gateway.close();
  await standIn.close();
});
beforeEach(() => standIn.clear());

const talkers: Talker[] = [];
afterEach(() => talkers.splice(0).forEach((talker) => talker.close()));

async function at(token: string): Promise<Talker> {
  const talker = await Talker.at(gateway, NATIVE, token, { headers: ELSEWHERE });
  talkers.push(talker);
  return talker;
}

/** Begins an answer that does not end by itself; resolves when its first word is heard. */
async function begun(talker: Talker, sessionKey: string, more: object = {}): Promise<string> {
  const body = openAiEvents('one two three', 'gpt-test');
  standIn.once({
    body,
    cuts: [body.indexOf('\n\n', body.indexOf('one')) + 2],
    gate: (piece) => (piece > 0 ? new Promise(() => undefined) : undefined),
  });
  const runId = await talker.say(sessionKey, 'Hello', more);
  await talker.until((event) => event.runId === runId);
  return runId;
}

const keys = async (talker: Talker): Promise<string[]> =>
  (await talker.ask('sessions.list', {})).sessions.map(({ key }: { key: string }) => key);

it('an answer that takes longer than it may says how long that is, however short', async () => {
  const me = await at(HOUSE_TOKEN);
  const runId = await begun(me, 'short', { timeoutMs: 300 });
  gateway.clock.advance(301);

  expect(await me.end(runId)).toMatchObject({ state: 'error', errorMessage: 'the answer took longer than 0.3 s' });
});

describe('two users', () => {
  let ana: Person;
  let bob: Person;
  let admin: Person;
  let stranger: Person;

  beforeAll(async () => {
    const tenantId = await newTenant(world);
    ana = await newPerson(world, tenantId, 'member');
    bob = await newPerson(world, tenantId, 'member');
    admin = await newPerson(world, tenantId, 'admin');
    stranger = await newPerson(world, await newTenant(world), 'owner');
  });

  it('S124: nobody reads, steers or ends the session of another, by its key or its id', async () => {
    const hers = await at(ana.token);
    await hers.talk('ours', SECRET);
    const runId = await begun(hers, 'ours');
    const { sessions } = await hers.ask('sessions.list', {});
    const { id } = sessions.find(({ key }: { key: string }) => key === 'agent:main:ours');

    for (const { token, headers } of [bob, stranger]) {
      const other = await at(token);
      for (const key of ['ours', 'agent:main:ours', id as string]) {
        for (const [method, params] of [
          ['chat.history', { sessionKey: key }],
          ['chat.abort', { sessionKey: key }],
          ['chat.abort', { sessionKey: key, runId }],
          ['sessions.patch', { key, label: 'mine' }],
          ['sessions.reset', { key }],
          ['sessions.delete', { key }],
        ] as const) {
          expect([method, key, (await other.refused(method, params)).message]).toEqual([
            method,
            key,
            `no such session: ${key}`,
          ]);
        }
        const path = `/sessions/${encodeURIComponent(key)}`;
        expect((await gateway.get(`${path}/history`, headers)).status).toBe(404);
        expect((await gateway.call(`${path}/kill`, { method: 'POST', headers })).status).toBe(404);
        const whole = `/api/v1${path}`;
        expect((await gateway.call(whole, { method: 'DELETE', headers })).status).toBe(404);
        const reset = `/api/v1/sessions/${encodeURIComponent(key)}/reset`;
        expect((await gateway.call(reset, { method: 'POST', headers })).status).toBe(404);
      }
      expect(await keys(other)).toEqual([]);
      expect((await gateway.get('/api/v1/sessions', headers)).body.items).toEqual([]);
      // The same name is a session of their own: nothing of hers goes to the model with it.
      await other.talk('ours', 'What is the code?');
      expect(standIn.last.json.messages).toEqual([{ role: 'user', content: 'What is the code?' }]);
    }

    expect(world.get(ChatRuns).find(id as string, runId)).toBeDefined();
    await hers.ask('chat.abort', { sessionKey: 'ours' });
    const { messages } = await hers.ask('chat.history', { sessionKey: 'ours' });
    expect(textOf({ message: messages[0] })).toBe(SECRET);
  });

  it('events of a session are heard by its owner and by admins of the tenant alone', async () => {
    const [hers, again, his, boss, foreign] = await Promise.all(
      [ana, ana, bob, admin, stranger].map(({ token }) => at(token)),
    );
    const last = await hers!.talk('heard', 'Hello');
    expect(await again!.end(last.runId)).toMatchObject({ state: 'final' });
    expect(await boss!.end(last.runId)).toMatchObject({ state: 'final' });
    // What was for them would have been sent before this answer.
    await Promise.all([his, foreign].map((talker) => talker!.ask('health', {})));
    expect([...his!.heard, ...foreign!.heard]).toEqual([]);
  });

  it('events name the session by a word that means it to whoever hears them', async () => {
    const [hers, again, boss] = await Promise.all([ana, ana, admin].map(({ token }) => at(token)));
    const called = ({ heard }: Talker): string[] => [...new Set(heard.map(({ sessionKey }) => sessionKey))];
    const hear = async (runId: string): Promise<string[][]> =>
      Promise.all([hers!, again!, boss!].map(async (talker) => (await talker.end(runId), called(talker))));
    await boss!.ask('sessions.patch', { key: 'main', label: 'of the boss' });

    const said = await hear(await hers!.say('main', SECRET));
    const [hersId] = said[2]!;
    expect(said).toEqual([['main'], ['main'], [hersId]]);
    const { messages } = await boss!.ask('chat.history', { sessionKey: hersId });
    expect(textOf({ message: messages[0] })).toBe(SECRET);

    const answered = await hear(await boss!.say(hersId!, 'Hello'));
    expect(answered).toEqual([['main', 'agent:main:main'], ['main', 'agent:main:main'], [hersId]]);
  });

  it('events need the read scope', async () => {
    const deaf = await gateway.gatewayToken({ email: 'deaf@example.com', scopes: ['operator.pairing'] });
    const token = await gateway.gatewayToken({ email: 'deaf@example.com' });
    const [closed, open] = await Promise.all([at(deaf.token), at(token.token)]);
    await open.talk('deaf', 'Hello');
    await closed.ask('health', {});
    expect(closed.heard).toEqual([]);
  });

  it('an admin reads and ends the sessions of the tenant by their id, and has keys of their own', async () => {
    const hers = await at(ana.token);
    const boss = await at(admin.token);
    await hers.talk('watched', SECRET);
    await boss.talk('watched', 'my own');
    const { sessions } = await boss.ask('sessions.list', { search: 'watched' });
    expect(sessions).toHaveLength(2);
    const own = sessions.find(({ owner }: { owner?: object }) => owner === undefined);
    const other = sessions.find(({ owner }: { owner?: object }) => owner !== undefined);
    expect(own.key).toBe('agent:main:watched');
    expect(other).toMatchObject({ key: other.id, owner: { actor: { type: 'human', id: `user:${ana.userId}` } } });

    const { messages } = await boss.ask('chat.history', { sessionKey: other.key });
    expect(textOf({ message: messages[0] })).toBe(SECRET);
    const runId = await begun(hers, 'watched');
    expect(await boss.ask('chat.abort', { sessionKey: other.key })).toEqual({
      ok: true,
      aborted: true,
      runIds: [runId],
    });
    expect(await hers.end(runId)).toMatchObject({ state: 'aborted' });
  });
});

describe('scopes', () => {
  const holding = async (scopes: Scope[]) =>
    gateway.gatewayToken({ email: `${scopes.join('-') || 'none'}@example.com`, role: 'admin', scopes });

  // prettier-ignore
  it.each<[string, object, Scope]>([
    ['chat.send',      { sessionKey: 'main', message: 'x' }, 'operator.write'],
    ['chat.abort',     { sessionKey: 'main' },               'operator.write'],
    ['chat.history',   { sessionKey: 'main' },               'operator.read'],
    ['sessions.list',  {},                                   'operator.read'],
    ['sessions.patch', { key: 'main', label: 'x' },          'operator.write'],
    ['sessions.reset', { key: 'main' },                      'operator.write'],
    ['sessions.delete', { key: 'main' },                     'operator.write'],
    ['models.list',    {},                                   'operator.read'],
    ['agents.list',    {},                                   'operator.read'],
  ])('%s needs them', async (method, params, scope) => {
    const wrong: Scope = scope === 'operator.write' ? 'operator.read' : 'operator.pairing';
    const { token } = await holding([wrong]);
    const { message } = await (await at(token)).refused(method, params);
    expect(message).toBe(`missing scope: ${scope}`);
  });

  it.each([
    ['GET', '/api/v1/sessions', 'operator.pairing', 'operator.read'],
    ['GET', '/sessions/main/history', 'operator.pairing', 'operator.read'],
    ['POST', '/sessions/main/kill', 'operator.read', 'operator.write'],
    ['POST', '/api/v1/sessions/main/reset', 'operator.read', 'operator.write'],
    ['DELETE', '/api/v1/sessions/main', 'operator.read', 'operator.write'],
  ] as const)('S117: %s %s needs them too', async (method, path, held, scope) => {
    const { token } = await holding([held]);
    const { status, body } = await gateway.call(path, { method, headers: { ...ELSEWHERE, ...bearer(token) } });
    expect([status, body.error.message]).toEqual([403, `missing scope: ${scope}`]);
    const better = await holding([scope]);
    const { status: then } = await gateway.call(path, { method, headers: { ...ELSEWHERE, ...bearer(better.token) } });
    expect([200, 204, 404]).toContain(then);
  });
});

describe('an answer under way', () => {
  it('ends within a second when the credential that began it is revoked, also when its socket has closed', async () => {
    const token = await gateway.gatewayToken({ email: 'gone@example.com' });
    const me = await at(token.token);
    const runId = await begun(me, 'revoked');
    me.close();
    await me.closed;
    const other = await at((await gateway.gatewayToken({ email: 'gone@example.com' })).token);

    const before = Date.now();
    await world.rows('UPDATE gateway_tokens SET revoked_at = now() WHERE id = $1', [token.id]);
    expect(await other.end(runId)).toMatchObject({ state: 'aborted', stopReason: 'revoked' });
    expect(await standIn.last.over).toBe(true);
    expect(Date.now() - before).toBeLessThan(1000);
    const { messages } = await other.ask('chat.history', { sessionKey: 'revoked' });
    expect(messages.at(-1)).toMatchObject({ cut: 'revoked', content: [{ text: 'one' }] });
  });

  it('ends when the credential that began it expires', async () => {
    const short = await gateway.gatewayToken({ email: 'short@example.com', expiresIn: 60 });
    const long = await gateway.gatewayToken({ email: 'short@example.com' });
    await begun(await at(short.token), 'expired');
    gateway.clock.advance(300_000); // the rows say when, by the time of the database, which has gone on
    expect(await standIn.last.over).toBe(true);
    const other = await at(long.token);
    const last = async () => (await other.ask('chat.history', { sessionKey: 'expired' })).messages.at(-1);
    await until('the answer to be kept', async () => (await last()).role === 'assistant');
    expect(await last()).toMatchObject({ cut: 'expired' });
  });

  it('ends with a reset, and leaves nothing behind', async () => {
    const me = await at((await gateway.gatewayToken({ email: 'reset@example.com' })).token);
    await me.ask('sessions.patch', { key: 'main', label: 'Mine', model: 'stand/other' });
    await me.talk('main', 'Hello');
    const runId = await begun(me, 'main');
    const { sessionId } = await me.ask('chat.history', { sessionKey: 'main' });
    const { entry } = await me.ask('sessions.reset', { key: 'main' });

    expect(await me.end(runId)).toMatchObject({ state: 'aborted', stopReason: 'reset' });
    await world.flushLog();
    expect(gateway.log().filter(({ event }) => event === 'chat.fault')).toEqual([]);
    expect(entry).toMatchObject({ label: 'Mine', model: 'gpt-test', inputTokens: 0 });
    expect(entry.modelOverride).toBeUndefined();
    expect(entry.sessionId).not.toBe(sessionId);
    await until('the run to be over', () => world.get(ChatRuns).of(entry.id as string).length === 0);
    expect((await me.ask('chat.history', { sessionKey: 'main' })).messages).toEqual([]);
  });
});

describe('what is stored', () => {
  it('is sealed, and stays readable when the data key is replaced', async () => {
    const me = await at((await gateway.gatewayToken({ email: 'sealed@example.com' })).token);
    await me.talk('sealed', SECRET);
    const dump = JSON.stringify([
      await world.rows('SELECT * FROM chat_sessions'),
      await world.rows('SELECT * FROM chat_messages'),
    ]);
    // Words, for figures stand in a random id now and then.
    for (const said of ['the code is', 'canary', 'Modell']) expect(dump).not.toContain(said);
    const [before] = await world.rows<{ n: string }>('SELECT sealed_with AS n FROM chat_sessions LIMIT 1');

    const { dataKey } = await world.get(KeyRotationService).rotate({ actor: 'test' });
    expect(await world.rows('SELECT DISTINCT sealed_with AS n FROM chat_sessions')).toEqual([{ n: dataKey }]);
    expect(before!.n).not.toBe(dataKey);
    expect(await world.rows('SELECT id FROM data_keys')).toEqual([{ id: dataKey }]);
    const { messages } = await me.ask('chat.history', { sessionKey: 'sealed' });
    expect(textOf({ message: messages[0] })).toBe(SECRET);
  });

  it('goes with its user', async () => {
    const person = await gateway.gatewayToken({ email: 'leaves@example.com' });
    await (await at(person.token)).talk('mine', 'Hello');
    const count = async (): Promise<number> =>
      (await world.rows('SELECT 1 FROM chat_sessions WHERE user_id = $1', [person.userId])).length;
    expect(await count()).toBe(1);
    await world.rows('DELETE FROM users WHERE id = $1', [person.userId]);
    expect(await count()).toBe(0);
  });

  it('goes when its owner says so, also while it is answered', async () => {
    const me = await at((await gateway.gatewayToken({ email: 'deletes@example.com' })).token);
    await me.talk('short', 'Hello');
    const runId = await begun(me, 'short');
    // None is ever archived: whoever wants to clear those away loses no conversation.
    expect(await me.ask('sessions.delete', { key: 'short', archivedOnly: true })).toMatchObject({ deleted: false });
    expect(await keys(me)).toHaveLength(1);
    await me.refused('sessions.delete', { key: 'short', archivedOnly: 'yes' });
    expect(await me.ask('sessions.delete', { key: 'short' })).toMatchObject({ ok: true, key: 'short', deleted: true });
    expect(await me.end(runId)).toMatchObject({ state: 'aborted', stopReason: 'reset' });
    expect(await keys(me)).toEqual([]);
    expect(await me.ask('sessions.delete', { key: 'main' })).toMatchObject({ deleted: false });
    await me.refused('sessions.delete', { key: 'short' });
  });

  it('is bounded in sessions and in messages, and kept as long as the configuration says', async () => {
    const limits = { chat: { sessions: { maxPerOwner: 3, maxMessages: 4, retentionDays: 30 } } };
    await world.configure(modelConfig(standIn, limits));
    const me = await at((await gateway.gatewayToken({ email: 'bounded@example.com' })).token);
    for (const key of ['one', 'two', 'three', 'four', 'five']) await me.talk(key, 'Hello');
    expect(await keys(me)).toEqual(['agent:main:five', 'agent:main:four', 'agent:main:three']);

    for (const message of ['2', '3', '4']) await me.talk('five', message);
    const { messages } = await me.ask('chat.history', { sessionKey: 'five' });
    expect(messages.map((message: never) => textOf({ message }))).toEqual(['3', ANSWER, '4', ANSWER]);

    await world.rows(`UPDATE chat_sessions SET updated_at = now() - interval '31 days' WHERE key = 'four'`);
    expect(await world.get(Retention).look()).toBe(1);
    expect(await keys(me)).toEqual(['agent:main:five', 'agent:main:three']);
    await world.configure(modelConfig(standIn));
    expect(await world.get(Retention).look()).toBe(0);
  });

  it('ends what is under way in a session that is one too many', async () => {
    await world.configure(modelConfig(standIn, { chat: { sessions: { maxPerOwner: 2 } } }));
    const me = await at((await gateway.gatewayToken({ email: 'crowded@example.com' })).token);
    const runId = await begun(me, 'one');
    for (const key of ['two', 'three']) await me.talk(key, 'Hello');
    expect(await me.end(runId)).toMatchObject({ state: 'aborted', stopReason: 'reset' });
    expect(await keys(me)).toEqual(['agent:main:three', 'agent:main:two']);
    await world.configure(modelConfig(standIn));
  });

  it('goes to the model as far as there is room', async () => {
    const models = [{ id: 'gpt-test', contextWindow: 1000, maxTokens: 400 }];
    const providers = { stand: { type: 'openai', baseUrl: standIn.baseUrl, apiKey: 'k', models } };
    await world.configure(modelConfig(standIn, { models: { providers } }));
    const me = await at((await gateway.gatewayToken({ email: 'roomy@example.com' })).token);
    for (const letter of ['a', 'b', 'c']) await me.talk('room', letter.repeat(600));
    const sent = standIn.last.json.messages as { role: string; content: string }[];
    expect(sent.map(({ role, content }) => role + content[0])).toEqual(['userb', 'assistantG', 'userc']);
    await world.configure(modelConfig(standIn));
  });
});

describe('over REST', () => {
  it('sessions and what was said in them come in pages', async () => {
    const person = await gateway.gatewayToken({ email: 'pages@example.com' });
    const headers = { ...ELSEWHERE, ...bearer(person.token) };
    const me = await at(person.token);
    for (const key of ['a', 'b', 'c']) await me.talk(key, `in ${key}`);
    for (const n of [2, 3]) await me.talk('c', `more ${n}`);

    const first = (await gateway.get('/api/v1/sessions?limit=2', headers)).body;
    expect(first.items.map(({ key }: { key: string }) => key)).toEqual(['agent:main:c', 'agent:main:b']);
    expect(first.items[0]).toMatchObject({ modelProvider: 'stand', model: 'gpt-test', agentId: 'main' });
    const rest = (await gateway.get(`/api/v1/sessions?limit=2&cursor=${first.nextCursor}`, headers)).body;
    expect(rest).toMatchObject({ items: [{ key: 'agent:main:a' }], nextCursor: null });

    const newest = await gateway.get('/sessions/c/history?limit=4', headers);
    expect(newest.headers['cache-control']).toBe('no-store');
    expect(newest.body.messages.map((message: never) => textOf({ message }))).toEqual([
      'more 2',
      ANSWER,
      'more 3',
      ANSWER,
    ]);
    const older = await gateway.get(`/sessions/c/history?limit=4&cursor=${newest.body.nextCursor}`, headers);
    expect(older.body.messages.map((message: never) => textOf({ message }))).toEqual(['in c', ANSWER]);
    expect(older.body).toMatchObject({ hasMore: false, nextCursor: null });
    expect((await gateway.get('/sessions/agent%3Amain%3Ac/history', headers)).body.messages).toHaveLength(6);
    expect((await gateway.get('/sessions/nothing/history', headers)).status).toBe(404);
    expect((await gateway.get('/sessions/c/history?cursor=x', headers)).status).toBe(400);
  });
});

it('stopping ends what is under way, keeps it marked as cut, and the next start has all of it', async () => {
  const own = await startGateway({ config: modelConfig(standIn), database: 'embedded' });
  const token = await own.gatewayToken({ email: 'ana@example.com' });
  const me = await Talker.at(own, NATIVE, token.token, { headers: ELSEWHERE });
  await me.talk('main', 'before', { idempotencyKey: 'kept' });
  await me.ask('sessions.patch', { key: 'main', label: 'Kept' });
  const body = openAiEvents('one two three', 'gpt-test');
  standIn.once({
    body,
    cuts: [body.indexOf(' two')],
    gate: (piece) => (piece > 0 ? new Promise(() => undefined) : undefined),
  });
  const runId = await me.say('main', 'Hello');
  await me.until((event) => event.runId === runId);
  await own.close();
  expect((await me.closed).code).toBe(1012);

  const next = await startGateway({ config: modelConfig(standIn), database: 'embedded', stateDir: own.stateDir });
  try {
    const again = await Talker.at(next, NATIVE, token.token, { headers: ELSEWHERE });
    const { messages, sessionInfo } = await again.ask('chat.history', { sessionKey: 'main' });
    expect(messages.map((message: never) => textOf({ message }))).toEqual(['before', ANSWER, 'Hello', 'one']);
    expect(messages.at(-1)).toMatchObject({ cut: 'shutdown' });
    expect(sessionInfo.hasActiveRun).toBe(false);
    expect((await again.ask('sessions.list', {})).sessions).toMatchObject([{ label: 'Kept' }]);
    const resent = { sessionKey: 'main', message: 'before', idempotencyKey: 'kept' };
    expect(await again.ask('chat.send', resent)).toEqual({ runId: 'kept', status: 'ok' });
    again.close();
  } finally {
    await next.close();
  }
});

it('the house is one owner, whichever of its keys is shown; a device with less is not', async () => {
  await (await at(HOUSE_TOKEN)).talk('house', 'Hello');
  const whole = await world.device({ scopes: ['operator.admin'] });
  const { messages } = await (await at(whole.token)).ask('chat.history', { sessionKey: 'house' });
  expect(messages).toHaveLength(2);
  const less = await world.device({ scopes: ['operator.write'] });
  await (await at(less.token)).refused('chat.history', { sessionKey: 'house' });
  const [row] = await world.rows(`SELECT owner, tenant_id AS "tenantId" FROM chat_sessions WHERE key = 'house'`);
  expect(row).toEqual({ owner: 'house', tenantId: HOUSE_TENANT });
});
