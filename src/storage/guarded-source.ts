import { DataSource, type DataSourceOptions, QueryFailedError, type QueryRunner, type ReplicationMode } from 'typeorm';
import { Unavailable } from '../kernel/errors.js';
import type { Outage } from './breaker.js';

export interface SourceGuard {
  /** Throws `Unavailable` when there is no point in trying. */
  check(): void;
  answered(): void;
  failed(outage: Outage): void;
  /** What is wrong with the database, or undefined when the error is about the query. */
  outageOf(error: unknown): Outage | undefined;
}

/** Every way to the rows (managers, repositories, builders) goes through a query runner made here. */
export class GuardedSource extends DataSource {
  constructor(
    options: DataSourceOptions,
    private readonly guard: SourceGuard,
  ) {
    super(options);
  }

  override createQueryRunner(mode?: ReplicationMode): QueryRunner {
    const runner = super.createQueryRunner(mode);
    const connect = runner.connect.bind(runner);
    const query = runner.query.bind(runner);
    let connected = false;

    return Object.assign(runner, {
      // Asked for a new connection only: a transaction that is under way must still be able to roll back.
      connect: async (): Promise<unknown> => {
        if (!connected) this.guard.check();
        const connection: unknown = await connect();
        connected = true;
        return connection;
      },
      query: async (sql: string, parameters?: unknown[], structured?: true): Promise<unknown> => {
        try {
          const result = await query(sql, parameters, structured as true);
          this.guard.answered();
          return result;
        } catch (error) {
          throw this.judged(sql, error);
        }
      },
    }) as QueryRunner;
  }

  private judged(sql: string, error: unknown): unknown {
    if (error instanceof Unavailable) return error;
    const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
    if (cause instanceof Unavailable) return cause;
    const outage = this.guard.outageOf(cause);
    if (!outage) return error;
    // A rollback fails on a connection that was given up already, which says nothing new about the database.
    if (sql !== 'ROLLBACK') this.guard.failed(outage);
    return new Unavailable(`database: ${outage.reason}`, { cause });
  }
}
