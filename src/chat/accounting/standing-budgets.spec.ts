import { describe, expect, it } from '@jest/globals';
import type { Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import { HOUSE_TENANT, type Identity } from '../../kernel/identity.js';
import { SILENT_LOG } from '../../kernel/log.js';
import type { Change, Changes } from '../../storage/changes.js';
import type { Database } from '../../storage/database.js';
import type { BudgetTurns } from './budget-turns.js';
import { StandingBudgets } from './standing-budgets.js';

/** A query that waits for its answer. Without ids it asks for all budgets. */
interface Asked {
  readonly ids: readonly string[] | undefined;
  answer(...rows: unknown[]): void;
  fail(): void;
}

/** The budgets of a gateway, and the database that they are read from: it answers when a test says so. */
class House {
  readonly asked: Asked[] = [];
  readonly budgets: StandingBudgets;
  private tell: (change: Change) => void = () => undefined;

  constructor() {
    const query = (_sql: string, parameters?: readonly [readonly string[]]): Promise<unknown> =>
      new Promise((resolve, reject) =>
        this.asked.push({
          ids: parameters?.[0],
          answer: (...rows) => resolve(rows),
          fail: () => reject(new Unavailable('down')),
        }),
      );
    const database = { mode: 'postgres', query, onReady: () => undefined } as unknown as Database;
    const changes = {
      live: true,
      subscribe: (listener: (change: Change) => void) => void (this.tell = listener),
      onGap: () => undefined,
    } as unknown as Changes;
    const turns = { of: () => () => Promise.reject(new Unavailable('down')) } as unknown as BudgetTurns;
    const clock: Clock = { now: () => 0, after: () => () => undefined };
    this.budgets = new StandingBudgets(database, changes, turns, clock, SILENT_LOG);
    this.budgets.onModuleInit();
  }

  /** The budget was set or removed somewhere. */
  changed(id: string): void {
    this.tell({ kind: 'budget', id });
  }

  /** The names of what calls to the main agent are held against. */
  get concerning(): string[] {
    const caller = { tenantId: HOUSE_TENANT, method: 'token', subject: 'token' } as unknown as Identity;
    return this.budgets.concerning(caller, 'main').map(({ budget }) => budget.name);
  }
}

/** What was asked before has had its effect. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const row = (id: string) => ({
  id,
  tenantId: HOUSE_TENANT,
  scope: 'agent',
  subject: 'main',
  period: 'day',
  limitCost: null,
  limitTokens: 0,
  name: id,
});

describe('the budgets that stand', () => {
  it('are not known by one of them: a notice during a first read that fails is no read of all', async () => {
    const house = new House();
    const early = house.budgets.know();
    await settled();
    house.changed('one');
    const late = house.budgets.know();
    house.asked[0]!.fail();
    await expect(early).rejects.toBeInstanceOf(Unavailable);

    // The others are asked for before anybody is told that there is no budget.
    let isTold = false;
    void late.then(() => (isTold = true));
    for (let n = 1; n < 3; n += 1) {
      await settled();
      expect(isTold).toBe(false);
      house.asked[n]?.answer(row('one'), ...(house.asked[n]!.ids ? [] : [row('two')]));
    }
    await late;
    expect(house.budgets.areKnown).toBe(true);
    expect(house.concerning.sort()).toEqual(['one', 'two']);
  });

  it('are read anew before the next call when one of them could not be read', async () => {
    const house = new House();
    const known = house.budgets.know();
    await settled();
    house.asked[0]!.answer();
    await known;
    house.changed('one');
    await settled();
    house.asked[1]!.fail();
    await settled();

    expect(house.budgets.areKnown).toBe(false);
    const anew = house.budgets.know();
    await settled();
    expect(house.asked[2]!.ids).toBeUndefined();
    house.asked[2]!.answer(row('one'));
    await anew;
    expect([house.budgets.areKnown, house.concerning]).toEqual([true, ['one']]);
  });

  it('are read once for all who wait for them', async () => {
    const house = new House();
    const first = house.budgets.know();
    await settled();
    const others = [house.budgets.know(), house.budgets.know(), house.budgets.know()];
    house.asked[0]!.answer(row('one'));
    await first;
    await settled();
    house.asked[1]?.answer(row('one'));
    await Promise.all(others);
    expect(house.asked.length).toBeLessThanOrEqual(2);
  });
});
