import { DataSource } from 'typeorm';
import { SOURCE_OPTIONS } from './source-options.js';

/** A plain data source on the tables, for the TypeORM command (`ormconfig.ts`). The gateway itself uses `Database`. */
export function dataSource(url: string | undefined): DataSource {
  return new DataSource({ ...SOURCE_OPTIONS, ...(url === undefined ? {} : { url }) });
}
