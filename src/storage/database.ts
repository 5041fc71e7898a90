import { Injectable } from '@nestjs/common';
import type { EntityManager, EntityTarget, ObjectLiteral, Repository } from 'typeorm';
import type { Clock } from '../kernel/clock.js';
import { Unavailable } from '../kernel/errors.js';
import { type Log, SILENT_LOG } from '../kernel/log.js';
import { chosenMode, type DatabaseSettings } from './database.settings.js';
import { EmbeddedEngine } from './embedded/embedded.engine.js';
import type { Engine } from './engine.js';
import { Notices } from './notices.js';
import { PostgresEngine } from './postgres/postgres.engine.js';
import { ENTER_TENANT } from './tenant-isolation.js';

export interface DatabaseOptions {
  readonly settings: DatabaseSettings;
  /** The embedded database lives in `<stateDir>/database`. */
  readonly stateDir: string;
  readonly clock: Clock;
  readonly log?: Log;
}

export interface DatabaseState {
  readonly mode: 'embedded' | 'postgres' | 'none';
  readonly ready: boolean;
  /** Why it is not ready, without user or password. */
  readonly reason?: string;
  /** `embedded PostgreSQL in <dir>`, `PostgreSQL at host:port/name` or `no database`. */
  readonly description: string;
}

/** The rows. Whatever is wrong with the database itself is thrown as `Unavailable`, at once when it is known. */
@Injectable()
export class Database {
  readonly mode: 'embedded' | 'postgres' | 'none';
  /** For `Changes`. */
  readonly notices = new Notices();
  private readonly engine: Engine | undefined;
  private readonly log: Log;
  private readonly readyListeners = new Set<() => void>();
  private readyCount = 0;

  constructor({ settings, stateDir, clock, log = SILENT_LOG }: DatabaseOptions) {
    const { url } = settings;
    this.mode = chosenMode(settings);
    this.log = log;
    const hooks = { notices: this.notices, ready: () => this.ready() };
    if (this.mode === 'embedded') this.engine = new EmbeddedEngine({ stateDir, settings, clock, log, hooks });
    if (this.mode === 'postgres') this.engine = new PostgresEngine({ url: url ?? '', settings, clock, log, hooks });
  }

  state(): DatabaseState {
    const { mode, engine } = this;
    if (!engine) return { mode, ready: false, reason: 'the database is turned off', description: 'no database' };
    const { description, fault } = engine;
    return { mode, description, ready: fault === undefined, ...(fault !== undefined && { reason: fault }) };
  }

  /**
   * Opens the database and applies migrations. An unreachable PostgreSQL is no error: it is tried again in the
   * background. Throws `DatabaseInUse` when another process has the embedded database open.
   */
  async open(): Promise<void> {
    await this.engine?.open();
  }

  /** Runs one statement with `$1`-parameters, and returns its rows (also those of `returning`). */
  async query<T>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> {
    const runner = this.source().createQueryRunner();
    try {
      const { records } = await runner.query(sql, [...parameters], true);
      return records as T[];
    } finally {
      await runner.release();
    }
  }

  /**
   * Commits what `work` did when it resolves, rolls back and throws its error when it rejects. Inside, use `manager`
   * only: a query past it waits for a session that is taken, and ends in `Unavailable`.
   */
  async transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.source().transaction(async (manager) => {
      try {
        return await work(manager);
      } catch (error) {
        // The connection broke under it; TypeORM then reports a use after release.
        if (manager.queryRunner?.isReleased) throw new Unavailable('database: the connection broke', { cause: error });
        throw error;
      }
    });
  }

  /**
   * A transaction that sees, changes and adds rows of one tenant alone: PostgreSQL itself refuses every other row, also
   * to a statement that forgets its WHERE. Whatever is done on behalf of a caller goes through it. `query` and
   * `transaction` are the house: look-ups of a credential, of whom no tenant is known yet, and jobs for all tenants.
   */
  async asTenant<T>(tenantId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.transaction(async (manager) => {
      await manager.query(ENTER_TENANT, [tenantId]);
      return work(manager);
    });
  }

  /**
   * TypeORM's repository. Throws `Unavailable` at once when there is no database, so ask for it at each use and inside
   * an async function.
   */
  repository<E extends ObjectLiteral>(entity: EntityTarget<E>): Repository<E> {
    return this.source().getRepository(entity);
  }

  /** Calls `listener` each time the database can be used again, and at once if it can now. Returns the way to stop. */
  onReady(listener: () => void): () => void {
    this.readyListeners.add(listener);
    if (this.state().ready) listener();
    return () => this.readyListeners.delete(listener);
  }

  async close(): Promise<void> {
    await this.engine?.close();
  }

  private source() {
    if (!this.engine) throw new Unavailable('database: turned off');
    return this.engine.source();
  }

  private ready(): void {
    const { description } = this.state();
    const first = this.readyCount++ === 0;
    this.log.info(first ? 'gateway: database initialized' : 'database: answers again', {
      event: first ? 'database.initialized' : 'database.recovered',
      database: description,
    });
    for (const listener of this.readyListeners) listener();
  }
}
