import { FirstTables0001 } from './0001-first-tables.js';

/** Every migration, in the order in which they are applied. Only ever appended to. */
export const MIGRATIONS = [FirstTables0001] as const;
