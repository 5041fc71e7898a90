import type { Logger } from 'typeorm';

/** TypeORM's own logger writes to the console, parameters included. What matters reaches us as an error. */
export const QUIET_LOGGER: Logger = {
  logQuery() {},
  logQueryError() {},
  logQuerySlow() {},
  logSchemaBuild() {},
  logMigration() {},
  log() {},
};
