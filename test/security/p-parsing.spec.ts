import { bearer, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { StandInOpenAi } from '../helpers/stand-in-openai.js';
import { World } from '../helpers/world.js';
import { modelConfig } from '../chat/model-api.js';

let standIn: StandInOpenAi;
let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  standIn = await StandInOpenAi.start();
  gateway = await startGateway({ config: modelConfig(standIn) });
  world = new World(gateway);
});
afterEach(() => world.forgive());
afterAll(async () => {
  await gateway.close();
  await standIn.close();
});

const NESTED = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
const DIGITS = '9'.repeat(900_000);

/** How much the longest turn of the event loop computed meanwhile, in milliseconds of CPU: whatever else the machine does. */
async function longestTurn(work: () => Promise<void>): Promise<number> {
  let longest = 0;
  let isOver = false;
  let turn = process.cpuUsage();
  const look = (): void => {
    const { user, system } = process.cpuUsage(turn);
    longest = Math.max(longest, (user + system) / 1000);
    turn = process.cpuUsage();
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  await work().finally(() => (isOver = true));
  return longest;
}

describe('S208: a body that is dear to parse', () => {
  // prettier-ignore
  it.each([
    ['100,000 lists in each other',             '/v1/chat/completions', NESTED],
    ['the same below a member',                 '/v1/chat/completions', `{"messages":[{"role":"user","content":${NESTED}}]}`],
    ['objects without end',                     '/v1/chat/completions', '{"a":'.repeat(100_000)],
    ['a million values',                        '/v1/embeddings',       `{"input":[${'0,'.repeat(1_000_001)}0]}`],
    ['a number of 900,000 digits as a model',   '/v1/chat/completions', `{"model":${DIGITS},"messages":[]}`],
    ['100,000 lists, to a route of operators',  '/api/v1/tokens',       NESTED],
    ['900,000 digits, to a route of operators', '/api/v1/tokens',       `{"label":${DIGITS}}`],
    ['a list of 10,000, to a route of operators', '/api/v1/tokens',     JSON.stringify(Array.from({ length: 10_000 }, () => ({})))],
  ])('%s: 400 for who may, 401 for strangers, and nobody waits long', async (_, path, body) => {
    const headers = { 'content-type': 'application/json' };
    const lag = await longestTurn(async () => {
      const known = await gateway.call(path, { method: 'POST', headers: { ...headers, ...bearer(HOUSE_TOKEN) }, body });
      expect([known.status, known.body.error.code]).toEqual([400, 'invalid_request']);
      const stranger = await gateway.call(path, { method: 'POST', headers, body });
      expect(stranger.status).toBe(401);
    });
    expect(lag).toBeLessThan(500);
    expect(standIn.asked).toEqual([]);
  });

  it('a flood of what is no JSON: each is refused, and others are answered meanwhile', async () => {
    const headers = { ...bearer(HOUSE_TOKEN), 'content-type': 'application/json' };
    const bodies = ['{"model":', `{"a":"${'\\'.repeat(100_000)}`, '"'.repeat(100_001), '{"\\ud800":'.repeat(1000)];
    const lag = await longestTurn(async () => {
      const flood = Array.from({ length: 200 }, (_, turn) =>
        gateway.call('/v1/chat/completions', { method: 'POST', headers, body: bodies[turn % bodies.length] }),
      );
      expect((await gateway.get('/health')).status).toBe(200);
      const statuses = (await Promise.all(flood)).map(({ status }) => status);
      expect(new Set(statuses)).toEqual(new Set([400]));
    });
    expect(lag).toBeLessThan(1000);
  });
});
