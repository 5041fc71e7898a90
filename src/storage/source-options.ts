import type { DataSourceOptions } from 'typeorm';
import { ENTITIES } from './entities/index.js';
import { MIGRATIONS } from './migrations/index.js';
import { QUIET_LOGGER } from './quiet-logger.js';

/** What every data source of ours has in common. The schema is made by migrations alone. */
export const SOURCE_OPTIONS = {
  type: 'postgres',
  entities: [...ENTITIES],
  migrations: [...MIGRATIONS],
  migrationsTableName: 'migrations',
  migrationsTransactionMode: 'all',
  synchronize: false,
  // gen_random_uuid() is part of PostgreSQL; installing extensions needs rights that we should not have.
  installExtensions: false,
  logger: QUIET_LOGGER,
} as const satisfies DataSourceOptions;
