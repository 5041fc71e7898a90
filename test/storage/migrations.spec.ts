import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { systemClock } from '../../src/kernel/clock.js';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import { dataSource } from '../../src/storage/data-source.js';
import { DatabaseSettings } from '../../src/storage/database.settings.js';
import { EmbeddedSource } from '../../src/storage/embedded/source.js';
import { MIGRATIONS } from '../../src/storage/migrations/index.js';
import { preparedStateDir } from '../helpers/embedded.js';
import { given } from '../helpers/given.js';
import { hasPostgres, type Postgres, startPostgres } from '../helpers/postgres.js';
import { closeAll, ENGINES, openDatabase } from './open.js';

let server: Postgres | undefined;

afterEach(closeAll);
afterAll(() => server?.dispose());

const newPostgres = async (): Promise<string> => (server ??= await startPostgres()).database();

/** TypeORM on a migrated database, without the gateway around it. */
async function migrated(engine: string): Promise<{ source: DataSource; close: () => Promise<void> }> {
  if (engine === 'postgres') {
    const source = await dataSource(await newPostgres()).initialize();
    await source.runMigrations();
    return { source, close: () => source.destroy() };
  }
  const cluster = `${await preparedStateDir()}/database/cluster`;
  const embedded = await EmbeddedSource.open(cluster, systemClock, new DatabaseSettings(), () => undefined);
  return { source: embedded.rows, close: () => embedded.close() };
}

const TABLES = `select tablename from pg_tables where schemaname = 'public' and tablename <> 'migrations'`;
const FUNCTIONS = `select proname from pg_proc where pronamespace = 'public'::regnamespace`;

describe.each(ENGINES)('migrations in %s', (engine) => {
  it('make what the entities describe, column by column', async () => {
    const { source, close } = await migrated(engine);

    const { upQueries } = await source.driver.createSchemaBuilder().log();

    const differences = upQueries.map(({ query }) => query).filter((sql) => /CREATE TABLE|COLUMN| ADD "/.test(sql));
    expect(differences).toEqual([]);
    await close();
  });

  it('can be taken back to nothing, and applied again', async () => {
    const { source, close } = await migrated(engine);

    for (const _ of MIGRATIONS) await source.undoLastMigration();
    expect(await source.query(TABLES)).toEqual([]);
    expect(await source.query(FUNCTIONS)).toEqual([]);

    expect(await source.runMigrations()).toHaveLength(MIGRATIONS.length);
    expect(await source.query('select id from tenants')).toEqual([{ id: HOUSE_TENANT }]);
    await close();
  });

  it('note where an audit ends that was written before ends were noted', async () => {
    const { source, close } = await migrated(engine);
    const noted = (): Promise<unknown> => source.query('select tenant_id, seq::int as seq, hash from audit_heads');
    while ((await source.query(TABLES)).some(({ tablename }: { tablename: string }) => tablename === 'audit_heads')) {
      await source.undoLastMigration();
    }
    await source.query(
      `insert into audit_events (tenant_id, seq, at, actor, action, previous_hash, hash)
       select $1, n, now(), 'x', 'x', repeat(n::text, 64), repeat(n::text, 64) from generate_series(1, 3) n`,
      [HOUSE_TENANT],
    );

    await source.runMigrations();
    expect(await noted()).toEqual([{ tenant_id: HOUSE_TENANT, seq: 3, hash: '3'.repeat(64) }]);
    await close();
  });
});

describe('migrations', () => {
  it('are not applied twice to the embedded database', async () => {
    const stateDir = await preparedStateDir();
    for (let start = 0; start < 2; start++) {
      const database = await openDatabase({}, { stateDir });
      expect(await database.query('select name from migrations')).toHaveLength(MIGRATIONS.length);
      await database.close();
    }
  });

  given(hasPostgres, 'on PostgreSQL', () => {
    it('are applied once by replicas that start together', async () => {
      const url = await newPostgres();

      const replicas = await Promise.all([1, 2, 3].map(() => openDatabase({ url })));

      expect(replicas.map((replica) => replica.state().ready)).toEqual([true, true, true]);
      expect(await replicas[0]!.query('select name from migrations')).toHaveLength(MIGRATIONS.length);
      expect(await replicas[0]!.query('select id from tenants')).toEqual([{ id: HOUSE_TENANT }]);
    });

    it('that fail leave nothing behind, and are tried again', async () => {
      const url = await newPostgres();
      await server!.query('create table device_tokens (in_the_way int)', url);

      const database = await openDatabase({ url });
      expect(database.state()).toMatchObject({ ready: false, reason: 'the migrations failed' });
      expect(await server!.query(`${TABLES}`, url)).toEqual([{ tablename: 'device_tokens' }]);

      const ready = new Promise<void>((resolve) => database.onReady(resolve));
      await server!.query('drop table device_tokens', url);
      await ready;
      expect(await database.query('select id from tenants')).toHaveLength(1);
    });
  });
});
