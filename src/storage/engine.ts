import type { DataSource } from 'typeorm';
import type { Notices } from './notices.js';

/** What `Database` runs on: PostgreSQL somewhere, or the one inside this process. */
export interface Engine {
  /** Where the rows are, for people, without user or password. */
  readonly description: string;
  /** Why nothing can be read or written at the moment; undefined when it can. */
  readonly fault: string | undefined;
  /** Opens it and applies migrations. Throws for what only a person can put right. */
  open(): Promise<void>;
  /** The open data source. Throws `Unavailable` while there is none. */
  source(): DataSource;
  close(): Promise<void>;
}

/** What an engine tells its owner. */
export interface EngineHooks {
  /** It can be used, for the first time or again. */
  ready(): void;
  readonly notices: Notices;
}

/** The channel of LISTEN and NOTIFY on which changes are told. */
export const CHANNEL = 'doorward_changes';
