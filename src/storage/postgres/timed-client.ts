import { Client, type ClientConfig, DatabaseError, type QueryResult } from 'pg';
import { refuseSilentRollback, RolledBack } from '../silent-rollback.js';

type Rows = QueryResult<Record<string, unknown>>;

/** A client of the pool, for queries that are awaited. */
export class TimedClient extends Client {
  constructor(config: ClientConfig) {
    super(config);
    // Between two owners nobody listens for a moment, and an error that nobody hears would end the process. Whoever
    // owns the connection next finds it dead; the pool and the breaker hear of it by themselves.
    this.on('error', () => {});
  }

  // @ts-expect-error TS2416: pg has eight overloads; TypeORM uses this one.
  override async query(sql: string, values?: unknown[]): Promise<Rows> {
    try {
      const result = await (super.query(sql, values) as unknown as Promise<Rows>);
      refuseSilentRollback(sql, result.command);
      return result;
    } catch (error) {
      // After a timeout of ours the answer may still come, for whoever asks next on this connection.
      if (!(error instanceof DatabaseError || error instanceof RolledBack)) this.abandon();
      throw error;
    }
  }

  private abandon(): void {
    (this as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }
}
