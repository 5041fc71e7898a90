import { describe, expect, it } from '@jest/globals';
import type { Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import { SILENT_LOG } from '../../kernel/log.js';
import { LedgerFlush } from './ledger-flush.js';
import { Ledger, type UsageBatch } from './ledger.js';
import type { StandingBudgets } from './standing-budgets.js';
import type { UsageRows } from './usage-rows.js';

const clock: Clock = { now: () => 0, after: () => () => undefined };
const SOURCE = { tenantId: 't', user: 'u', device: '', agent: 'main', session: '', provider: 'p', model: 'm' };

describe('the end of a gateway', () => {
  /** What was written and told, in order. Each part of the database answers as long as it is not away. */
  function house(away: { readonly rows?: boolean; readonly budgets?: boolean }) {
    const done: string[] = [];
    const fail = (): Promise<never> => Promise.reject(new Unavailable('down'));
    const ledger = new Ledger(clock);
    ledger.add(SOURCE, { input: 1, output: 1, cachedInput: 0 });
    const rows = {
      areKept: true,
      write: ({ lines }: UsageBatch) =>
        away.rows ? fail() : Promise.resolve(void done.push(`${lines.length} line written`)),
    } as unknown as UsageRows;
    const budgets = {
      report: (all = false) =>
        away.budgets ? fail() : Promise.resolve(void done.push(`reported${all ? ' all' : ''}`)),
    } as unknown as StandingBudgets;
    return { done, ledger, books: new LedgerFlush(ledger, budgets, clock, SILENT_LOG, rows) };
  }

  it('writes what is left, and gives all budgets back', async () => {
    const { books, done } = house({});
    await books.onApplicationShutdown();
    expect(done).toEqual(['1 line written', 'reported', 'reported all', 'reported']);
  });

  it('is not stopped by a database that is away', async () => {
    const { books, ledger } = house({ rows: true, budgets: true });
    await expect(books.onApplicationShutdown()).resolves.toBeUndefined();
    expect(ledger.size).toBe(1);
  });

  it('writes what can be written when the budgets cannot be told', async () => {
    const { books, done } = house({ budgets: true });
    await expect(books.onApplicationShutdown()).resolves.toBeUndefined();
    expect(done).toEqual(['1 line written']);
  });
});
