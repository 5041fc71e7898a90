import { systemClock } from '../../src/kernel/clock.js';
import { Database, type DatabaseOptions } from '../../src/storage/database.js';
import { DatabaseSettings } from '../../src/storage/database.settings.js';
import { preparedStateDir } from '../helpers/embedded.js';
import { hasPostgres, type Postgres, startPostgres } from '../helpers/postgres.js';

const opened: Database[] = [];

/** Opens a database with settings of the test's own, to be closed by `closeAll`. */
export async function openDatabase(
  settings: Partial<DatabaseSettings>,
  options: Partial<DatabaseOptions> = {},
): Promise<Database> {
  const database = makeDatabase(settings, options);
  await database.open();
  return database;
}

export function makeDatabase(settings: Partial<DatabaseSettings>, options: Partial<DatabaseOptions> = {}): Database {
  const all = Object.assign(new DatabaseSettings(), settings);
  const database = new Database({ settings: all, stateDir: '/nowhere', clock: systemClock, ...options });
  opened.push(database);
  return database;
}

export async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map((database) => database.close()));
}

/** The databases that the same suite must pass on, each made empty and migrated for whoever asks. */
export const ENGINES = (hasPostgres ? ['embedded', 'postgres'] : ['embedded']) as readonly ('embedded' | 'postgres')[];

let server: Promise<Postgres> | undefined;

/** Opens a new database of the kind asked for; the real server is started once per test file, and `tell` hears its URL. */
export async function openEngine(
  engine: 'embedded' | 'postgres',
  settings: Partial<DatabaseSettings> = {},
  tell: (url: string) => void = () => {},
): Promise<Database> {
  if (engine === 'embedded') return openDatabase(settings, { stateDir: await preparedStateDir() });
  server ??= startPostgres();
  const url = await (await server).database();
  tell(url);
  return openDatabase({ ...settings, url });
}

export async function disposeServer(): Promise<void> {
  await (await server)?.dispose();
}

/** Takes everything out again but the house. */
export async function clear(database: Database): Promise<void> {
  await database.query(`delete from devices`);
  await database.query(`delete from users`);
  await database.query(`delete from tenants where name <> 'house'`);
  await database.query(`update tenants set status = 'active'`);
}
