import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Unavailable } from '../../src/kernel/errors.js';
import type { Log } from '../../src/kernel/log.js';
import { Changes } from '../../src/storage/changes.js';
import type { Database } from '../../src/storage/database.js';
import { Tenant } from '../../src/storage/entities/tenant.js';
import { given } from '../helpers/given.js';
import { freePort, hasPostgres, type Postgres, startPostgres } from '../helpers/postgres.js';
import { until } from '../helpers/until.js';
import { closeAll, makeDatabase, openDatabase } from './open.js';

afterEach(closeAll);

/** How long the answer took in milliseconds, and what it was. */
async function timed(work: () => Promise<unknown>): Promise<{ ms: number; outcome: unknown }> {
  const start = performance.now();
  const outcome = await work().catch((error: unknown) => error);
  return { ms: performance.now() - start, outcome };
}

const nextReady = (database: Database): Promise<void> =>
  new Promise((resolve) => {
    let skip = database.state().ready;
    database.onReady(() => (skip ? (skip = false) : resolve()));
  });

describe('a PostgreSQL that is not there', () => {
  it('does not stop the start, and is unavailable at once', async () => {
    const url = `postgres://ann:s3cret-w0rd@127.0.0.1:${await freePort()}/house`;
    const lines: string[] = [];
    const write = (message: string, fields?: unknown): void => void lines.push(message + JSON.stringify(fields));
    const log: Log = { debug: write, info: write, warn: write, error: write };

    const database = await openDatabase({ url }, { log });

    const { ms, outcome } = await timed(() => database.query('select 1'));
    expect(outcome).toBeInstanceOf(Unavailable);
    expect(ms).toBeLessThan(100);
    await expect(database.transaction(async () => 1)).rejects.toThrow(Unavailable);
    expect(() => database.repository(Tenant)).toThrow(Unavailable);
    expect(new Changes(database).live).toBe(false);
    const state = database.state();
    expect(state).toEqual({
      mode: 'postgres',
      ready: false,
      reason: 'nothing listens at the address of PostgreSQL',
      description: `PostgreSQL at 127.0.0.1:${new URL(url).port}/house`,
    });
    expect(lines.join()).toContain('trying again');
    expect(lines.join() + JSON.stringify(state) + String(outcome)).not.toMatch(/ann|s3cret/);
  });

  it('that accepts and never says a word is given up after the connect timeout', async () => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;

    const { ms } = await timed(() => openDatabase({ url: `postgres://a@127.0.0.1:${port}/b`, connectTimeoutMs: 200 }));
    const database = makeDatabase({ url: `postgres://a@127.0.0.1:${port}/b`, connectTimeoutMs: 200 });
    await database.open();

    expect(ms).toBeLessThan(2000);
    expect(database.state()).toMatchObject({ ready: false });
    await expect(database.query('select 1')).rejects.toThrow(Unavailable);
    await closeAll();
    for (const socket of sockets) socket.destroy();
    mute.close();
  });
});

given(hasPostgres, 'a real PostgreSQL', () => {
  let server: Postgres;
  let url: string;

  beforeAll(async () => {
    server = await startPostgres();
    url = await server.database();
  });

  afterAll(() => server.dispose());

  it('that starts after the gateway is found, and migrated', async () => {
    await server.stop();
    const database = await openDatabase({ url });
    expect(database.state().ready).toBe(false);

    const ready = nextReady(database);
    await server.restart();
    await ready;

    expect(await database.query('select name from tenants')).toEqual([{ name: 'house' }]);
  });

  it.each(['stop', 'kill'] as const)(
    'under load, after %s, is unavailable at once and comes back by itself',
    async (how) => {
      const database = await openDatabase({ url });
      const changes = new Changes(database);
      let gaps = 0;
      changes.onGap(() => gaps++);
      const answers: { ms: number; outcome: unknown }[] = [];
      const running = { on: true };
      const load = async (): Promise<void> => {
        while (running.on) {
          answers.push(await timed(async () => database.repository(Tenant).find()));
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
      const loops = [load(), load(), load(), load()];
      await until('answers', () => answers.length > 50);

      await server[how]();
      await until('the outage', () => !database.state().ready);
      const down = answers.length;
      await until('refusals', () => answers.length > down + 100);
      await until('the end of the channel', () => !changes.live);
      const ready = nextReady(database);
      await server.restart();
      await ready;
      const back = answers.length;
      await until('answers again', () => answers.length > back + 50);
      await until('the channel', () => changes.live);
      running.on = false;
      await Promise.all(loops);

      const failed = answers.filter(({ outcome }) => outcome instanceof Error);
      expect(failed.length).toBeGreaterThan(100);
      expect(failed.filter(({ outcome }) => !(outcome instanceof Unavailable))).toEqual([]);
      expect(answers.slice(down).filter(({ ms }) => ms > 1000)).toEqual([]);
      expect(answers.slice(back).some(({ outcome }) => Array.isArray(outcome))).toBe(true);
      expect(gaps).toBeGreaterThanOrEqual(2);
    },
  );

  it('is found to be gone although nobody asks', async () => {
    const database = await openDatabase({ url });

    await server.stop();
    await until('the outage', () => !database.state().ready);

    const ready = nextReady(database);
    await server.restart();
    await ready;
  });

  it('that is too slow for one query stays in use; that query is unavailable in time', async () => {
    const database = await openDatabase({ url, queryTimeoutMs: 200 });

    const { ms, outcome } = await timed(() => database.query('select pg_sleep(10)'));

    expect(outcome).toBeInstanceOf(Unavailable);
    expect(ms).toBeLessThan(1000);
    expect(database.state().ready).toBe(true);
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('that is too slow for every query is not asked any more, until it answers', async () => {
    const database = await openDatabase({ url, queryTimeoutMs: 200 });
    const again = nextReady(database);

    await Promise.all([1, 2, 3].map(() => timed(() => database.query('select pg_sleep(10)'))));

    // On a busy machine the look that follows may have failed already, and says so in its own words.
    const reason = expect.stringMatching(/^(a query took too long|PostgreSQL does not answer in time)$/);
    expect(database.state()).toMatchObject({ ready: false, reason });
    await again;
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('whose connections are all taken says so within the time of a query', async () => {
    const database = await openDatabase({ url, poolSize: 1, connectTimeoutMs: 200 });

    const work = database.transaction(() => timed(() => database.query('select 1')));

    const { ms, outcome } = await work;
    expect(outcome).toBeInstanceOf(Unavailable);
    expect(ms).toBeLessThan(1000);
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('that drops a connection inside a transaction has stored nothing of it, and goes on', async () => {
    const database = await openDatabase({ url });

    const work = database.transaction(async (manager) => {
      await manager.query(`insert into tenants (name) values ('half')`);
      const [own] = (await manager.query('select pg_backend_pid() as pid')) as { pid: number }[];
      await server.query(`select pg_terminate_backend(${own!.pid})`);
      await manager.query(`insert into tenants (name) values ('other half')`);
    });

    await expect(work).rejects.toThrow(Unavailable);
    await until('the database', () => database.state().ready);
    expect(await database.query(`select name from tenants where name like '%half'`)).toEqual([]);
  });

  it('leaves nothing of a transaction on a connection that is used again', async () => {
    const database = await openDatabase({ url, poolSize: 1, queryTimeoutMs: 200 });

    const work = database.transaction(async (manager) => {
      await manager.query(`insert into tenants (name) values ('slow')`);
      await manager.query('select pg_sleep(10)');
    });

    await expect(work).rejects.toThrow(Unavailable);
    await database.query(`insert into tenants (name) values ('after')`);
    expect(await server.query(`select name from tenants where name in ('slow', 'after')`, url)).toEqual([
      { name: 'after' },
    ]);
  });

  it('that has stalled is left for another connection, whatever it may still answer', async () => {
    const database = await openDatabase({ url, poolSize: 1, queryTimeoutMs: 300 });
    let stalled = 0;

    const work = database.transaction(async (manager) => {
      const [own] = (await manager.query('select pg_backend_pid() as pid')) as { pid: number }[];
      stalled = own!.pid;
      process.kill(stalled, 'SIGSTOP');
      await manager.query(`insert into tenants (name) values ('stalled')`);
    });

    await expect(work).rejects.toThrow(Unavailable);
    const next = await timed(() => database.query('select pg_backend_pid() <> $1 as another', [stalled]));
    process.kill(stalled, 'SIGCONT');
    expect(next.outcome).toEqual([{ another: true }]);
    const gone = `select pid from pg_stat_activity where pid = ${stalled}`;
    await until('the end of the stalled connection', async () => (await server.query(gone)).length === 0);
    expect(await database.query(`select name from tenants where name = 'stalled'`)).toEqual([]);
  });

  it('lets a transaction that is under way roll back while nobody else is let in', async () => {
    const database = await openDatabase({ url, poolSize: 4, queryTimeoutMs: 200 });
    let giveUp = (): void => {};
    const work = database.transaction(async (manager) => {
      await manager.query(`insert into tenants (name) values ('given up')`);
      await new Promise<void>((resolve) => (giveUp = resolve));
      throw new Error('given up');
    });

    await Promise.all([1, 2, 3].map(() => timed(() => database.query('select pg_sleep(10)'))));
    expect(database.state().ready).toBe(false);
    giveUp();

    await expect(work).rejects.toThrow('given up');
    const open = `select pid from pg_stat_activity where state like 'idle in transaction%'`;
    expect(await server.query(open)).toEqual([]);
  });
});
