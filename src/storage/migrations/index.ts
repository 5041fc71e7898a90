import { FirstTables0001 } from './0001-first-tables.js';
import { PairingNotices0002 } from './0002-pairing-notices.js';

/** Every migration, in the order in which they are applied. Only ever appended to. */
export const MIGRATIONS = [FirstTables0001, PairingNotices0002] as const;
