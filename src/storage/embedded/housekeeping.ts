import type { PGlite } from '@electric-sql/pglite';
import type { Clock } from '../../kernel/clock.js';
import type { Log } from '../../kernel/log.js';
import type { SessionPool } from './session-pool.js';

const EVERY_MS = 30_000;
/** As much log as recovery reads in a fraction of a second. */
const LOG_BYTES = 16 * 1024 * 1024;

const LOG_SINCE_CHECKPOINT =
  'select pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn)::float8 as bytes from pg_control_checkpoint()';

/** The rule of autovacuum with its default threshold and scale factor. */
const WORN_TABLES = `
  select quote_ident(relname) as name from pg_stat_user_tables
  where n_dead_tup > 50 + 0.2 * n_live_tup or n_mod_since_analyze > 50 + 0.1 * n_live_tup`;

/**
 * What PostgreSQL's background processes do and the embedded one, being a single process, does not: checkpoints
 * (without them the log grows without end, and is read from its beginning after a kill) and vacuum.
 */
export class Housekeeping {
  private cancel: (() => void) | undefined;
  private stopped = false;

  constructor(
    private readonly pool: SessionPool,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  start(): void {
    this.cancel = this.clock.after(EVERY_MS, () => {
      this.once()
        .catch((error: unknown) => this.log.warn('database: housekeeping failed', { error }))
        .finally(() => this.stopped || this.start());
    });
  }

  stop(): void {
    this.stopped = true;
    this.cancel?.();
  }

  private async once(): Promise<void> {
    const worn = await this.pool.exclusively((database) => database.query<{ name: string }>(WORN_TABLES));
    for (const { name } of worn.rows) {
      await this.pool.exclusively((database) => database.exec(`vacuum (analyze) ${name}`));
    }
    await this.pool.exclusively(checkpoint);
  }
}

async function checkpoint(database: PGlite): Promise<void> {
  const { rows } = await database.query<{ bytes: number }>(LOG_SINCE_CHECKPOINT);
  if (rows[0]!.bytes > LOG_BYTES) await database.exec('checkpoint');
}
