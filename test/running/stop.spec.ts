import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { built, type CliHome } from '../helpers/cli.js';
import { HELLO, modelConfig } from '../chat/model-api.js';
import { bearer, HOUSE_TOKEN, type Reply } from '../helpers/gateway.js';
import { knock, Visitor } from '../helpers/knock.js';
import { Replica } from '../helpers/replica.js';
import { openAiEvents, StandInOpenAi } from '../helpers/stand-in-openai.js';
import { until } from '../helpers/until.js';

const elsewhere = { host: 'gateway.example.com' };
/** The last event of a stream that the gateway ends. */
const STOPPING = /^data: .*The gateway is stopping.*"code":"unavailable"/;

const homes: CliHome[] = [];

beforeAll(built);
afterAll(() => Promise.all(homes.map((home) => home.remove())));

async function start(config: object = {}, home?: CliHome): Promise<Replica> {
  const gateway = await Replica.start({
    config: { database: { mode: 'none' }, gateway: { auth: { token: HOUSE_TOKEN } }, ...config },
    home,
  });
  homes.push(gateway.home);
  return gateway;
}

const BODY = JSON.stringify({ user: 'ana@example.com', role: 'member' });

/** A request on its way: everything but the last byte of its body has been sent, and the gateway has begun with it. */
async function underWay({ port }: Replica): Promise<{ socket: Socket; finish: () => Promise<string> }> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(
    `POST /api/v1/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n` +
      `Content-Length: ${BODY.length}\r\n\r\n`,
  );
  const [goOn] = (await once(socket, 'data')) as [Buffer];
  expect(String(goOn)).toContain('100 Continue');
  socket.write(BODY.slice(0, -1));
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
  return {
    socket,
    finish: async () => {
      socket.write(BODY.slice(-1));
      await once(socket, 'close');
      return answer;
    },
  };
}

describe('SIGTERM', () => {
  it('tells every WebSocket client, known or not, and ends with 0', async () => {
    const gateway = await start();
    const visitors = (['JSON-RPC', 'native'] as const).map((dialect) => new Visitor(gateway.port, dialect, {}));
    for (const visitor of visitors) expect(await visitor.outcome).toMatchObject({ status: 'open' });
    const { code, stderr } = await gateway.end();

    for (const { closed } of visitors) expect(await closed).toMatchObject({ code: 1012, reason: 'service restart' });
    expect(code).toBe(0);
    expect(stderr).toContain('gateway: stopped');
  });

  it('lets a running request finish, and takes no new ones', async () => {
    const gateway = await start({ database: { mode: 'embedded' } });
    const request = await underWay(gateway);
    const ended = gateway.end();
    await gateway.logged('gateway: stopping');

    const refused = connect(gateway.port, '127.0.0.1');
    await expect(once(refused, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const answer = await request.finish();
    expect(answer).toMatch(/^HTTP\/1\.1 201 /);
    expect(answer).toMatch(/"token":"[0-9a-f]{64}"/);
    expect((await ended).code).toBe(0);
  });

  it('waits no longer than gateway.shutdownGraceMs', async () => {
    const gateway = await start({ gateway: { auth: { token: HOUSE_TOKEN }, shutdownGraceMs: 300 } });
    const { socket } = await underWay(gateway);
    const cut = once(socket, 'close');
    const begun = performance.now();
    const { code } = await gateway.end();

    await cut;
    expect(code).toBe(0);
    expect(performance.now() - begun).toBeGreaterThan(250);
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  it('ends answers of models that take longer with a word, and blames no provider', async () => {
    const standIn = await StandInOpenAi.start();
    const auth = { token: HOUSE_TOKEN };
    const gateway = await start({ ...modelConfig(standIn), gateway: { auth, shutdownGraceMs: 1500 } });
    const never = new Promise<void>(() => undefined);
    const events = openAiEvents('one two', 'gpt-test');
    const ask = (path: string, more: object): Promise<Reply> => {
      const body = { model: 'openclaw', messages: HELLO, input: 'x', ...more };
      return gateway.call(`/v1/${path}`, { method: 'POST', body });
    };
    const streams: Promise<Reply>[] = [];
    for (const path of ['chat/completions', 'responses']) {
      standIn.once({
        body: events,
        cuts: [events.indexOf('\n\n') + 2],
        gate: (piece) => (piece === 0 ? undefined : never),
      });
      streams.push(ask(path, { stream: true }));
      await until('the provider to be asked', () => standIn.asked.length === streams.length);
    }
    standIn.once({ before: never });
    const waiting = ask('chat/completions', {});
    await until('the provider to be asked', () => standIn.asked.length === 3);
    const begun = performance.now();
    const { code } = await gateway.end();

    expect(code).toBe(0);
    expect(performance.now() - begun).toBeLessThan(5000);
    for (const stream of streams) {
      const { status, text } = await stream;
      expect([status, text.trimEnd().split('\n').at(-1)]).toEqual([200, expect.stringMatching(STOPPING)]);
    }
    const { status, headers, body } = await waiting;
    expect([status, body.error.type, body.error.code]).toEqual([503, 'unavailable', 'unavailable']);
    expect(headers['retry-after']).toBeDefined();
    expect(gateway.log().filter(({ event }) => event === 'model.failed')).toEqual([]);
    await standIn.close();
  });

  it('a second one does not wait', async () => {
    const gateway = await start();
    const { socket } = await underWay(gateway);
    socket.on('error', () => {});
    gateway.running.child.kill('SIGTERM');
    await gateway.logged('gateway: stopping');

    expect((await gateway.end()).code).toBe(1);
  });
});

describe('SIGKILL', () => {
  it('loses nothing that was acknowledged: the next start on the same home knows every token', async () => {
    const first = await start({ database: { mode: 'embedded' } });
    const made: { id: string; token: string }[] = [];
    for (let i = 0; i < 5; i += 1) {
      const { body } = await first.call('/api/v1/tokens', {
        method: 'POST',
        body: { user: `u${i}@example.com`, role: 'member' },
      });
      made.push(body);
    }
    const [revoked, ...kept] = made;
    expect((await first.call(`/api/v1/tokens/${revoked!.id}`, { method: 'DELETE' })).status).toBe(204);
    await first.end('SIGKILL');

    const second = await start({ database: { mode: 'embedded' } }, first.home);
    for (const { token } of kept) {
      expect(await knock(second, 'REST', { token, headers: elsewhere })).toMatchObject({ outcome: 'gateway-token' });
    }
    expect(await knock(second, 'REST', { token: revoked!.token, headers: elsewhere })).toMatchObject({
      outcome: 'token_revoked',
    });
    expect((await second.get('/api/v1/tokens', bearer(HOUSE_TOKEN))).body.items).toHaveLength(5);
    expect((await second.end()).code).toBe(0);
  });
});
