import { setTimeout as pause } from 'node:timers/promises';
import { built } from '../helpers/cli.js';
import { HOUSE_TOKEN } from '../helpers/gateway.js';
import { given } from '../helpers/given.js';
import { hasPostgres, type Postgres, startPostgres } from '../helpers/postgres.js';
import { Replica } from '../helpers/replica.js';
import type { StandInOpenAi } from '../helpers/stand-in-openai.js';
import { until } from '../helpers/until.js';
import { chat, config, COST, house, provider, set, TOKENS } from './house.js';

const ENV = { DOORWARD_GATEWAY_TOKEN: HOUSE_TOKEN, DOORWARD_GATEWAY_AUTH_LOOPBACK: 'deny' };

let standIn: StandInOpenAi;

beforeAll(async () => {
  await built();
  standIn = await provider();
}, 120_000);
afterAll(() => standIn.close());

const DAY = 'tenant:self:day';

interface Amounts {
  readonly usd: number;
  readonly tokens: number;
}

/** Asks again and again until nothing is left, and says how many calls were answered. */
async function spend(replicas: readonly Replica[], clients: number, patience = 3): Promise<number> {
  let answered = 0;
  const client = async (_: unknown, n: number): Promise<void> => {
    const replica = replicas[n % replicas.length]!;
    for (let refused = 0; refused < patience;) {
      const { status, text } = await chat(replica);
      if (status === 200) answered += 1;
      else if (status !== 429) throw new Error(`a call was answered with ${status}: ${text}`);
      else {
        refused += 1;
        await pause(300); // what others do not use is given back within a second
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return answered;
}

given(hasPostgres, 'budgets of three gateways on one PostgreSQL', () => {
  let server: Postgres;
  let url: string;
  const started: Replica[] = [];
  let asked = 0;

  const start = async (): Promise<Replica> => {
    const replica = await Replica.start({ env: { ...ENV, DATABASE_URL: url }, config: config(standIn) });
    started.push(replica);
    return replica;
  };
  const budget = async (key = DAY): Promise<{ spent: Amounts; reserved: Amounts; remaining: Amounts }> =>
    (await started.at(-1)!.get(`/api/v1/budgets/${encodeURIComponent(key)}`, house)).body;
  const settled = async (): Promise<{ spent: Amounts; remaining: Amounts }> => {
    await until('nothing to be held', async () => (await budget()).reserved.tokens === 0);
    return budget();
  };

  beforeAll(async () => {
    server = await startPostgres();
  });
  beforeEach(async () => {
    url = await server.database();
    asked = standIn.asked.length;
  });
  afterEach(async () => {
    for (const replica of started.splice(0)) {
      if (replica.running.child.exitCode === null && replica.running.child.signalCode === null) await replica.end();
      await replica.home.remove();
    }
  });
  afterAll(() => server.dispose());

  it('64 parallel clients never overspend tokens, and leave nothing that somebody could have used', async () => {
    const replicas = await Promise.all([start(), start(), start()]);
    const limit = 300 * TOKENS;
    await set(replicas[0]!, DAY, { tokens: limit });
    await until(
      'all to know',
      async () =>
        (await chat(replicas[1]!, { max: 1e9 })).status === 429 &&
        (await chat(replicas[2]!, { max: 1e9 })).status === 429,
    );

    let answered = await spend(replicas, 64);
    expect(answered * TOKENS).toBeLessThanOrEqual(limit);
    expect(answered * TOKENS).toBeGreaterThan(limit / 2);
    await settled();
    while ((await chat(replicas[1]!)).status === 200) answered += 1;

    const { spent, remaining } = await settled();
    expect(spent.tokens).toBe(answered * TOKENS);
    expect(remaining.tokens).toBe(limit - answered * TOKENS);
    // A call sets a little more aside than it uses: what is left is too little for any.
    expect(remaining.tokens).toBeLessThan(TOKENS + 10);
    expect(standIn.asked.length).toBeGreaterThanOrEqual(answered);
  }, 120_000);

  it('64 parallel clients never overspend money', async () => {
    const replicas = await Promise.all([start(), start(), start()]);
    const usd = 0.018; // 200 calls
    expect((await set(replicas[2]!, DAY, { usd })).status).toBe(200);
    await until(
      'all to know',
      async () =>
        (await chat(replicas[0]!, { max: 1e9 })).status === 429 &&
        (await chat(replicas[1]!, { max: 1e9 })).status === 429,
    );

    const answered = await spend(replicas, 64);

    expect(answered).toBeLessThanOrEqual(200);
    expect(answered).toBeGreaterThan(100);
    expect((await settled()).spent.usd).toBeCloseTo(answered * COST, 9);
  }, 120_000);

  it('one that is killed takes nothing with it: what it held counts as used, and is no longer held', async () => {
    const killed = await start();
    const [{ id }] = (await server.query('select id from replicas', url)) as [{ id: string }];
    const other = await start();
    const limit = 100_000 * TOKENS;
    await set(other, DAY, { tokens: limit });
    await until('both to know', async () => (await chat(killed, { max: 1e9 })).status === 429);
    const before = (await budget()).spent.tokens;
    for (let n = 0; n < 40; n++) expect((await chat(killed)).status).toBe(200);
    await killed.end('SIGKILL');
    const { spent, reserved } = await budget();
    expect(spent.tokens + reserved.tokens - before).toBeGreaterThanOrEqual(40 * TOKENS);

    // As if it had not said for half a minute that it lives.
    await server.query(`update replicas set alive_until = now() - interval '1 second' where id = '${id}'`, url);
    await until('a turn at the budget', async () => {
      await chat(other);
      return (await budget()).spent.tokens - before >= 40 * TOKENS;
    });
    expect((await settled()).spent.tokens).toBeLessThan(limit / 4);
  }, 120_000);

  it('one that stops loses nothing: neither of its usage nor of a budget', async () => {
    const [stopped, other] = [await start(), await start()];
    await set(other, DAY, { tokens: 1_000_000 });
    await until('both to know', async () => (await chat(stopped, { max: 1e9 })).status === 429);
    const calls = standIn.asked.length - asked + 30;
    await Promise.all(Array.from({ length: 30 }, () => chat(stopped)));
    expect((await stopped.end('SIGTERM')).code).toBe(0);

    const usage = await other.get('/api/v1/usage', house);
    const sums = { calls, inputTokens: 10 * calls, outputTokens: 40 * calls };
    expect(usage.body.items).toMatchObject([{ model: 'stand/priced', ...sums }]);
    expect(usage.body.items[0].costUsd).toBeCloseTo(calls * COST, 9);
    expect(await budget()).toMatchObject({ spent: { tokens: 30 * TOKENS }, reserved: { tokens: 0 } });
  }, 120_000);

  it('a database that is away: what is held can be used, then the answer is 503; nothing is lost or counted twice', async () => {
    const replica = await start();
    expect((await chat(replica)).status).toBe(200);
    await set(replica, DAY, { tokens: 1_000_000 });
    await server.kill();
    const statuses: number[] = [];
    for (let n = 0; n < 4; n++) statuses.push((await chat(replica)).status);
    expect(statuses).toContain(503);
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    await server.restart();

    await until('it to answer again', async () => (await chat(replica)).status === 200);
    await until('all to be written', async () => {
      const { body } = await replica.get('/api/v1/usage?groupBy=', house);
      return body.items?.[0]?.calls === standIn.asked.length - asked;
    });
  }, 120_000);
});
