import { DataSource, type DataSourceOptions } from 'typeorm';
import type { DatabaseSettings } from '../database.settings.js';
import { GuardedSource, type SourceGuard } from '../guarded-source.js';
import { migrate } from '../migrate.js';
import { SOURCE_OPTIONS } from '../source-options.js';
import type { Isolation } from '../tenant-isolation.js';
import { TimedClient } from './timed-client.js';
import { TYPES } from './types.js';

/** The server ends a transaction that its owner forgot, and with it the locks that others wait for. */
const IDLE_IN_TRANSACTION_MS = 10_000;

/** Makes the data sources of one PostgreSQL server. */
export class PostgresSources {
  constructor(
    private readonly url: string,
    private readonly settings: DatabaseSettings,
    private readonly guard: SourceGuard,
    private readonly onIdleError: () => void,
  ) {}

  /** Applies migrations on a connection of its own, which may take longer than a query. */
  async migrate(): Promise<Isolation> {
    const source = await new DataSource({ ...this.common(), entities: [], poolSize: 1 }).initialize();
    try {
      return await migrate(source);
    } finally {
      await source.destroy();
    }
  }

  async openRows(): Promise<DataSource> {
    const { queryTimeoutMs, poolSize } = this.settings;
    const common = this.common();
    const options: DataSourceOptions = {
      ...common,
      poolSize,
      poolErrorHandler: this.onIdleError,
      extra: {
        ...common.extra,
        query_timeout: queryTimeoutMs,
        // A little less, so that PostgreSQL itself mostly gives up first and the connection stays good.
        statement_timeout: Math.floor(queryTimeoutMs * 0.9),
        idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
        idleTimeoutMillis: 60_000,
      },
    };
    return new GuardedSource(options, this.guard).initialize();
  }

  private common() {
    return {
      ...SOURCE_OPTIONS,
      url: this.url,
      applicationName: 'doorward',
      connectTimeoutMS: this.settings.connectTimeoutMs,
      poolErrorHandler: () => {},
      extra: { keepAlive: true, types: TYPES, Client: TimedClient },
    };
  }
}
