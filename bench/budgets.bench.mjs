import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { alternate, median } from './measure.mjs';

export const title = 'Budgets';

const HOUSE = '00000000-0000-4000-8000-000000000001';
const CALLS = 2000;
const WRITES = 50;

/** Setting aside and settling what a call costs, with budgets and without, beside one write for each call. */
export async function run({ rounds, program }) {
  const stateDir = mkdtempSync(join(tmpdir(), 'doorward-bench-'));
  const load = (path) => import(pathToFileURL(join(dirname(program), path)).href);
  const [{ Database }, { DatabaseSettings }, { Changes }, { Replicas }, ...accounting] = await Promise.all(
    [
      'storage/database.js',
      'storage/database.settings.js',
      'storage/changes.js',
      'storage/replicas.js',
      'chat/accounting/budget-turns.js',
      'chat/accounting/standing-budgets.js',
      'chat/accounting/ledger.js',
      'chat/accounting/budget-meter.js',
    ].map(load),
  );
  const [{ BudgetTurns }, { StandingBudgets }, { Ledger }, { BudgetMeter }] = accounting;
  const clock = { now: () => Date.now(), after: () => () => {} };
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const settings = Object.assign(new DatabaseSettings(), { mode: 'embedded' });
  const database = new Database({ settings, stateDir, clock });
  try {
    await database.open();
    const turns = new BudgetTurns(database, new Replicas(database, clock, log));
    const standing = new StandingBudgets(database, new Changes(database), turns, clock, log);
    standing.onModuleInit();
    await standing.know();
    const meter = new BudgetMeter(standing, new Ledger(clock), { note() {} });
    const user = randomUUID();
    const caller = { method: 'gateway-token', subject: user, tenantId: HOUSE };
    const estimate = { input: 100, output: 1000, cachedInput: 0, cost: 0.005 };
    const used = { input: 80, output: 200, cachedInput: 0, cost: 0.001 };
    const model = { provider: 'openai', model: 'gpt' };
    const callOf = (agent) => async () => {
      const reserved = meter.reserve({ caller, agent, session: 'agent:main:main' }, estimate);
      (reserved instanceof Promise ? await reserved : reserved).settle(used, model);
    };
    const set = `INSERT INTO budgets (tenant_id, scope, subject, period, limit_cost, limit_tokens, window_start)
                 VALUES ($1, $2, $3, 'day', 1e15, 1e12, doorward_budget_window('day')) RETURNING id`;

    const free = [];
    for (let round = 0; round < rounds; round++) free.push(await micros(CALLS, callOf('main')));
    for (const [scope, subject] of [
      ['tenant', HOUSE],
      ['user', user],
      ['agent', 'main'],
    ]) {
      const [{ id }] = await database.query(set, [HOUSE, scope, subject]);
      await standing.reread(id);
    }
    const seen = await alternate(rounds, {
      bounded: () => micros(CALLS, callOf('main')),
      written: () => micros(WRITES, () => database.query(`UPDATE budgets SET spent_tokens = spent_tokens + 1`)),
    });
    const bare = { unit: 'µs', beside: 'one write', bare: median(seen.written) };
    return [
      { name: 'a call that no budget concerns', ours: median(free), ...bare, mostOurs: 20 },
      { name: 'a call that three budgets concern', ours: median(seen.bounded), ...bare, mostOurs: 100 },
    ];
  } finally {
    await database.close();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

/** What one piece of work costs, in microseconds. */
async function micros(times, work) {
  const begin = process.hrtime.bigint();
  for (let n = 0; n < times; n++) await work();
  return Number(process.hrtime.bigint() - begin) / times / 1000;
}
