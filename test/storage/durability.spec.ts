import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Unavailable } from '../../src/kernel/errors.js';
import type { Database } from '../../src/storage/database.js';
import { TestClock } from '../helpers/clock.js';
import { newStateDir, preparedStateDir } from '../helpers/embedded.js';
import { until } from '../helpers/until.js';
import { closeAll, openDatabase } from './open.js';

const ROOT = join(__dirname, '../..');

afterEach(closeAll);

/** Another process that writes to the embedded database; `acknowledged` grows as its commits return. */
function startWriter(stateDir: string, first = 1) {
  const loader = join(ROOT, 'test/helpers/typescript.mjs');
  const child: ChildProcess = spawn(
    process.execPath,
    ['--import', loader, join(ROOT, 'test/storage/writer.ts'), stateDir, String(first)],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const acknowledged: number[] = [];
  const lines: string[] = [];
  let errors = '';
  createInterface({ input: child.stdout! }).on('line', (line) => {
    lines.push(line);
    if (/^\d+$/.test(line)) acknowledged.push(Number(line));
  });
  child.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = once(child, 'close');
  return {
    pid: child.pid!,
    acknowledged,
    isOpen: () => lines.includes('open'),
    errors: () => errors,
    ended,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

const pairs = async (database: Database): Promise<Map<number, number>> => {
  const rows = await database.query<{ n: number; halves: number }>(
    'select n, count(*) as halves from pairs group by n order by n',
  );
  return new Map(rows.map(({ n, halves }) => [n, halves]));
};

describe('the embedded database, killed', () => {
  it('opens again with all that was acknowledged, and no half of a transaction', async () => {
    const stateDir = await preparedStateDir();
    const acknowledged: number[] = [];

    for (let round = 0; round < 5; round++) {
      const writer = startWriter(stateDir, (acknowledged.at(-1) ?? 0) + 1000);
      await until('the writer', () => writer.isOpen() || writer.errors() !== '', 60_000);
      await pause(Math.random() * 400); // any moment at all
      await writer.kill();
      expect(writer.errors()).toBe('');
      acknowledged.push(...writer.acknowledged);

      const database = await openDatabase({}, { stateDir });
      const found = await pairs(database);
      expect(acknowledged.filter((n) => found.get(n) !== 2)).toEqual([]);
      expect([...found.values()].filter((halves) => halves !== 2)).toEqual([]);
      await database.close();
    }
    expect(acknowledged.length).toBeGreaterThan(0);
  }, 180_000);

  it('in its very first start is made anew by the next', async () => {
    const stateDir = newStateDir();
    const writer = startWriter(stateDir);
    await until('the first files', () => fs.existsSync(join(stateDir, 'database/cluster/base')), 60_000);
    await writer.kill();
    expect(fs.existsSync(join(stateDir, 'database/complete'))).toBe(false);

    const database = await openDatabase({}, { stateDir });

    expect(await database.query('select name from tenants')).toEqual([{ name: 'house' }]);
  }, 120_000);
});

describe('each acknowledged commit', () => {
  it('was synced to the disk before, and nothing else was', async () => {
    const database = await openDatabase({}, { stateDir: await preparedStateDir() });
    const sync = jest.spyOn(fs, 'fsyncSync');
    const syncs = async (work: () => Promise<unknown>): Promise<number> => {
      const before = sync.mock.calls.length;
      await work();
      return sync.mock.calls.length - before;
    };

    const each: number[] = [];
    for (let n = 0; n < 30; n++) {
      each.push(await syncs(() => database.query('insert into tenants (name) values ($1)', [`t${n}`])));
    }
    expect(Math.min(...each)).toBe(1);
    // One more where the log goes on in its next file, which may happen anywhere on the way, once.
    expect(each.filter((count) => count > 1).length).toBeLessThanOrEqual(1);
    expect(await syncs(() => database.query('select * from tenants'))).toBe(0);
    const rolledBack = database.transaction(async (manager) => {
      await manager.query(`insert into tenants (name) values ('no')`);
      throw new Error('no');
    });
    expect(await syncs(() => rolledBack.catch(() => undefined))).toBe(0);
    expect(
      await syncs(() =>
        database.transaction(async (manager) => {
          await manager.query(`insert into tenants (name) values ('one')`);
          await manager.query(`insert into tenants (name) values ('two')`);
        }),
      ),
    ).toBe(1);
    expect(await database.query('show fsync')).toEqual([{ fsync: 'on' }]);
    expect(await database.query('show full_page_writes')).toEqual([{ full_page_writes: 'on' }]);
    sync.mockRestore();
  });

  it('whose sync fails is none: PostgreSQL stops, and starts again with what was acknowledged', async () => {
    const database = await openDatabase({}, { stateDir: await preparedStateDir() });
    await database.query(`insert into tenants (name) values ('kept')`);
    const sync = jest.spyOn(fs, 'fsyncSync').mockImplementation(() => {
      throw Object.assign(new Error('the disk says no'), { code: 'EIO' });
    });

    const refused = database.query(`insert into tenants (name) values ('not acknowledged')`);

    await expect(refused).rejects.toThrow(Unavailable);
    expect(database.state()).toMatchObject({ ready: false, reason: 'the embedded PostgreSQL has stopped' });
    await expect(database.query('select 1')).rejects.toThrow(Unavailable);
    sync.mockRestore();
    await new Promise<void>((resolve) => database.onReady(resolve));
    const [row] = await database.query(`select count(*) as kept from tenants where name in ('house', 'kept')`);
    expect(row).toEqual({ kept: 2 });
  });
});

describe('a second process on the same embedded database', () => {
  it('is refused with the pid of the first, which goes on', async () => {
    const stateDir = await preparedStateDir();
    const database = await openDatabase({}, { stateDir });

    const second = startWriter(stateDir);
    await second.ended;

    expect(second.errors()).toContain(`in use by process ${process.pid}`);
    expect(second.errors()).toContain('DATABASE_URL');
    expect(await database.query('select name from tenants')).toEqual([{ name: 'house' }]);
  }, 60_000);

  it('is refused within one process too', async () => {
    const stateDir = await preparedStateDir();
    await openDatabase({}, { stateDir });

    await expect(openDatabase({}, { stateDir })).rejects.toMatchObject({ name: 'DatabaseInUse', pid: process.pid });
  });

  it('may take over when the first was killed, or has ended properly', async () => {
    const stateDir = await preparedStateDir();
    const first = startWriter(stateDir);
    await until('the first process', () => first.isOpen(), 60_000);
    await expect(openDatabase({}, { stateDir })).rejects.toMatchObject({ name: 'DatabaseInUse', pid: first.pid });
    await first.kill();

    const second = await openDatabase({}, { stateDir });
    await second.close();
    expect(fs.existsSync(join(stateDir, 'database/lock'))).toBe(false);
    const third = await openDatabase({}, { stateDir });
    expect(third.state().ready).toBe(true);
  }, 60_000);
});

describe('one session for all', () => {
  it('tells who waits for a second one inside a transaction that it is too busy, and goes on', async () => {
    const database = await openDatabase({ queryTimeoutMs: 100 }, { stateDir: await preparedStateDir() });

    const work = database.transaction(() => database.query('select 1'));

    await expect(work).rejects.toThrow(Unavailable);
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
    expect(database.state().ready).toBe(true);
  });

  it('is taken away from a transaction that was forgotten, and what it did is rolled back', async () => {
    const clock = new TestClock();
    const database = await openDatabase({}, { stateDir: await preparedStateDir(), clock });
    const moments = new EventEmitter();
    const inside = once(moments, 'inside');
    const forgotten = database.transaction(async (manager) => {
      await manager.query(`insert into tenants (name) values ('forgotten')`);
      moments.emit('inside');
      await once(moments, 'resume');
      await manager.query(`insert into tenants (name) values ('later')`);
    });
    await inside;

    clock.advance(11_000);
    expect(await database.query('select name from tenants')).toEqual([{ name: 'house' }]);
    moments.emit('resume');

    await expect(forgotten).rejects.toThrow(Unavailable);
    expect(await database.query('select name from tenants')).toEqual([{ name: 'house' }]);
  });

  it('leaves the event loop to others, however many queries wait', async () => {
    const database = await openDatabase({}, { stateDir: await preparedStateDir() });
    let turns = 0;
    let running = true;
    const count = (): void => {
      turns++;
      if (running) setImmediate(count);
    };
    setImmediate(count);

    const loop = async (): Promise<void> => {
      for (let n = 0; n < 50; n++) await database.query('select $1::int as n', [n]);
    };
    await Promise.all(Array.from({ length: 16 }, loop));
    running = false;

    expect(turns).toBeGreaterThanOrEqual((16 * 50) / 10);
  });
});

describe('housekeeping', () => {
  it('keeps the log short, so that recovery after a kill is quick, and sweeps up dead rows', async () => {
    const clock = new TestClock();
    const database = await openDatabase({ queryTimeoutMs: 2000 }, { stateDir: await preparedStateDir(), clock });
    await database.query(
      `create table heap as select g as n, repeat('x', 1000) as text from generate_series(1, 20000) g`,
    );
    await database.query('update heap set n = n + 1');
    const logged = async (): Promise<number> => {
      const [row] = await database.query<{ bytes: number }>(
        'select pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn)::float8 as bytes from pg_control_checkpoint()',
      );
      return row!.bytes;
    };
    expect(await logged()).toBeGreaterThan(30_000_000);

    const dead = async (): Promise<number> => {
      const sql = `select n_dead_tup as dead from pg_stat_user_tables where relname = 'heap'`;
      return (await database.query<{ dead: number }>(sql))[0]!.dead;
    };
    await database.query('select pg_stat_force_next_flush()'); // PostgreSQL counts with up to a second's delay
    await until('the count of dead rows', async () => (await dead()) === 20_000);

    clock.advance(30_000);

    await until('the checkpoint', async () => (await logged()) < 1_000_000);
    expect(await dead()).toBe(0);
  });
});
