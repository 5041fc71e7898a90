import { randomBytes } from 'node:crypto';
import { built } from '../helpers/cli.js';
import { HOUSE_TOKEN, startGateway } from '../helpers/gateway.js';
import { given } from '../helpers/given.js';
import { hasPostgres, type Postgres, startPostgres } from '../helpers/postgres.js';
import { Replica } from '../helpers/replica.js';
import { openAiEvents, StandInOpenAi } from '../helpers/stand-in-openai.js';
import type { StandInAnswer } from '../helpers/stand-in.js';
import { until } from '../helpers/until.js';
import { ELSEWHERE } from '../helpers/world.js';
import { NATIVE } from '../helpers/ws-client.js';
import { modelConfig } from './model-api.js';
import { Talker, textOf } from './talker.js';

const ANSWER = 'Grüße vom Modell 🦞';
const SECRET = 'canary-9b1d';

let standIn: StandInOpenAi;
const talkers: Talker[] = [];

beforeAll(async () => {
  await built();
  standIn = await StandInOpenAi.start();
});
afterAll(() => standIn.close());
beforeEach(() => standIn.clear());
afterEach(() => talkers.splice(0).forEach((talker) => talker.close()));

async function at(replica: Replica, token = HOUSE_TOKEN): Promise<Talker> {
  const talker = await Talker.at(replica, NATIVE, token, { headers: ELSEWHERE });
  talkers.push(talker);
  return talker;
}

/** An answer of which one word comes, and then nothing more. */
function endless(): StandInAnswer {
  const body = openAiEvents('one two three', 'gpt-test');
  const gate = (piece: number) => (piece > 0 ? new Promise(() => undefined) : undefined);
  return { body, cuts: [body.indexOf('\n\n', body.indexOf('one')) + 2], gate };
}

const texts = async (talker: Talker, sessionKey: string): Promise<string[]> =>
  (await talker.ask('chat.history', { sessionKey })).messages.map((message: never) => textOf({ message }));

it('killed, a gateway has lost no message that was acknowledged and no answer that was finished', async () => {
  let replica = await Replica.start({ config: modelConfig(standIn) });
  try {
    const me = await at(replica);
    for (const n of [1, 2, 3]) await me.talk('kept', `message ${n}`);
    standIn.once(endless());
    const cut = { sessionKey: 'kept', message: 'message 4', idempotencyKey: 'cut' };
    expect(await me.ask('chat.send', cut)).toEqual({ runId: 'cut', status: 'started' });
    await me.until(({ runId }) => runId === 'cut');
    await replica.end('SIGKILL');

    replica = await Replica.start({ home: replica.home });
    const again = await at(replica);
    const before = ['message 1', ANSWER, 'message 2', ANSWER, 'message 3', ANSWER, 'message 4'];
    expect(await texts(again, 'kept')).toEqual(before);
    // Sent again, it is answered: nobody is at it any more.
    expect(await again.ask('chat.send', cut)).toEqual({ runId: 'cut', status: 'started' });
    expect(await again.end('cut')).toMatchObject({ state: 'final' });
    expect(await texts(again, 'kept')).toEqual([...before, ANSWER]);
  } finally {
    await replica.end();
    await replica.home.remove();
  }
});

given(hasPostgres, 'two gateways on one PostgreSQL', () => {
  let postgres: Postgres;

  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.dispose());

  async function pair(
    env: Record<string, string> = {},
  ): Promise<{ one: Replica; other: Replica; url: string; end: () => Promise<void> }> {
    const url = await postgres.database();
    const start = () => Replica.start({ config: modelConfig(standIn), env: { ...env, DATABASE_URL: url } });
    const [one, other] = await Promise.all([start(), start()]);
    const end = async (): Promise<void> => {
      await Promise.all([one, other].map((replica) => replica.end()));
      await Promise.all([one, other].map(({ home }) => home.remove()));
    };
    return { one, other, url, end };
  }

  // prettier-ignore
  it.each<[string, Record<string, string>, boolean]>([
    ['each with a key of its own',  {},                                                                  false],
    ['with one key for both',       { DOORWARD_ENCRYPTION_KEY: randomBytes(32).toString('hex') }, true],
  ])('%s: one conversation at both', async (_, env, isSealed) => {
    const { one, other, url, end } = await pair(env);
    try {
      const [here, there] = [await at(one), await at(other)];
      const { runId } = await here.talk('both', SECRET);
      expect(textOf(await there.end(runId))).toBe(ANSWER);
      expect(await texts(there, 'both')).toEqual([SECRET, ANSWER]);
      const second = await there.talk('both', 'And now?');
      expect(await here.end(second.runId)).toMatchObject({ state: 'final', sessionKey: 'agent:main:both' });
      expect(standIn.last.json.messages).toHaveLength(3);
      const stored = JSON.stringify(await postgres.query('SELECT content FROM chat_messages', url));
      expect(stored.includes(SECRET)).toBe(!isSealed);

      // An answer that one of them is at: known, ended and not begun again at the other.
      standIn.once(endless());
      const sent = { sessionKey: 'both', message: 'Go on', idempotencyKey: 'long' };
      await here.ask('chat.send', sent);
      await here.until((event) => event.runId === 'long');
      expect(await there.ask('chat.send', sent)).toEqual({ runId: 'long', status: 'in_flight' });
      const before = Date.now();
      expect(await there.ask('chat.abort', { sessionKey: 'both' })).toEqual({ ok: true, aborted: true, runIds: ['long'] });
      expect(await here.end('long')).toMatchObject({ state: 'aborted' });
      expect(await there.end('long')).toMatchObject({ state: 'aborted', stopReason: 'aborted' });
      expect(await standIn.last.over).toBe(true);
      expect(Date.now() - before).toBeLessThan(1000);
      await until('both to have let go', async () => !(await there.ask('chat.history', { sessionKey: 'both' })).sessionInfo.hasActiveRun);
      expect((await texts(there, 'both')).at(-1)).toBe('one');
    } finally {
      await end();
    }
  });

  it('a message that one could not have answered is under way nowhere, and the other answers it', async () => {
    const { one, other, end } = await pair();
    try {
      const [here, there] = [await at(one), await at(other)];
      const failing = { sessionKey: 'failing', message: 'Hello', idempotencyKey: 'failing' };
      standIn.once({ status: 400, body: JSON.stringify({ error: { message: 'no', type: 'invalid_request_error' } }) });
      await here.ask('chat.send', failing);
      expect(await here.end('failing')).toMatchObject({ state: 'error' });

      expect(await there.ask('chat.abort', { sessionKey: 'failing' })).toEqual({
        ok: true,
        aborted: false,
        runIds: [],
      });
      expect(await there.ask('chat.send', failing)).toEqual({ runId: 'failing', status: 'started' });
      expect(await there.end('failing')).toMatchObject({ state: 'final' });
      expect(await here.ask('chat.send', failing)).toEqual({ runId: 'failing', status: 'ok' });
    } finally {
      await end();
    }
  });

  it('a database that goes away while a model answers: an error of the run, and the next one is kept again', async () => {
    const url = await postgres.database();
    const gateway = await startGateway({ config: modelConfig(standIn), database: url });
    try {
      const me = await Talker.at(gateway, NATIVE, HOUSE_TOKEN, { headers: ELSEWHERE });
      talkers.push(me);
      await me.talk('away', 'before');
      let goOn = (): void => undefined;
      const body = openAiEvents('one two three', 'gpt-test');
      const cut = body.indexOf('\n\n', body.indexOf('one')) + 2;
      const gate = (piece: number) => (piece > 0 ? new Promise<void>((resolve) => (goOn = resolve)) : undefined);
      standIn.once({ body, cuts: [cut], gate });
      const runId = await me.say('away', 'meanwhile');
      await me.until((event) => event.runId === runId);
      await postgres.stop();
      goOn();
      expect(await me.end(runId)).toMatchObject({
        state: 'error',
        errorMessage: 'temporarily unavailable, please try again',
      });
      expect(await me.refused('chat.send', { sessionKey: 'away', message: 'x' })).toMatchObject({
        code: 'UNAVAILABLE',
      });

      await postgres.restart();
      gateway.clock.advance(30_000);
      await until(
        'the database to answer',
        async () => 'payload' in (await me.call('chat.history', { sessionKey: 'away' })),
      );
      expect(await me.talk('away', 'afterwards')).toMatchObject({ state: 'final' });
      expect(await texts(me, 'away')).toEqual(['before', ANSWER, 'meanwhile', 'afterwards', ANSWER]);
    } finally {
      await gateway.close();
    }
  });
});
