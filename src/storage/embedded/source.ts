import { PGlite } from '@electric-sql/pglite';
import type { DataSource } from 'typeorm';
import type { Clock } from '../../kernel/clock.js';
import type { Outage } from '../breaker.js';
import type { DatabaseSettings } from '../database.settings.js';
import { GuardedSource } from '../guarded-source.js';
import { migrate } from '../migrate.js';
import { SOURCE_OPTIONS } from '../source-options.js';
import { compiledPostgres } from './compiled.js';
import { DurableFiles } from './durable-files.js';
import { SessionPool } from './session-pool.js';
import { Stopped, stopOnTrap } from './stop-on-trap.js';

// prettier-ignore
const START_PARAMETERS = [
  ...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'), // -F is "no fsync"
  '-c', 'wal_sync_method=fsync', //  fdatasync, the default, is an empty function there
  '-c', 'shared_buffers=16MB', //    saves 130 MB of memory at no measured cost
  '-c', 'max_wal_size=64MB',
  '-c', 'log_startup_progress_interval=0', // a timer that outlives the database
  '-c', 'min_wal_size=8MB',
];

const INT8 = 20;
const BYTEA = 17;

/** The same values as through `pg`: bigint as a number, bytea as a Buffer. */
const PARSERS = {
  [INT8]: Number,
  [BYTEA]: (hex: string) => Buffer.from(hex.slice(2), 'hex'),
};

/** The embedded PostgreSQL, running and migrated, and TypeORM on top of it. */
export class EmbeddedSource {
  private constructor(
    readonly database: PGlite,
    readonly pool: SessionPool,
    readonly rows: DataSource,
  ) {}

  static async open(
    cluster: string,
    clock: Clock,
    settings: DatabaseSettings,
    onStopped: (reason: string) => void,
  ): Promise<EmbeddedSource> {
    const files = new DurableFiles(cluster);
    const database = await PGlite.create({
      fs: files,
      pgliteWasmModule: await compiledPostgres(),
      startParams: START_PARAMETERS,
      parsers: PARSERS,
      // Smaller pieces of log: a smaller new database, and less to sync.
      initDbStartParams: ['--wal-segsize=1', '--set=log_startup_progress_interval=0'],
    });
    files.syncAll();
    stopOnTrap(database.Module);
    const pool = new SessionPool(database, clock, settings.queryTimeoutMs);
    const driver = { Pool: constant(pool) };
    const guard = { check() {}, answered() {}, failed: ({ reason }: Outage) => onStopped(reason), outageOf };
    const rows = await new GuardedSource({ ...SOURCE_OPTIONS, driver }, guard).initialize();
    await migrate(rows);
    return new EmbeddedSource(database, pool, rows);
  }

  async close(): Promise<void> {
    await this.rows.destroy();
    await this.database.close();
  }

  /** Lets go of a PostgreSQL that has stopped, without the checkpoint of a proper end: its memory is not to be believed. */
  async abandon(): Promise<void> {
    await this.rows.destroy();
    await this.database.fs?.closeFs();
  }
}

/** A constructor that always gives the same: TypeORM makes its pool with `new`. */
function constant(pool: SessionPool): new () => SessionPool {
  return function Pool() {
    return pool;
  } as unknown as new () => SessionPool;
}

function outageOf(error: unknown): Outage | undefined {
  return error instanceof Stopped ? { reason: error.message, slow: false } : undefined;
}
