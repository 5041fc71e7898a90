import { Injectable } from '@nestjs/common';
import type { EntityManager, EntityTarget, ObjectLiteral, Repository } from 'typeorm';
import type { Clock } from '../kernel/clock.js';
import { Unavailable } from '../kernel/errors.js';
import type { DatabaseSettings } from './database.settings.js';

/** Where the database writes its few lines; a Nest `Logger` fits. */
export interface StorageLog {
  log(message: string): void;
  warn(message: string): void;
}

export interface DatabaseOptions {
  readonly settings: DatabaseSettings;
  /** The embedded database lives in `<stateDir>/database`. */
  readonly stateDir: string;
  readonly clock: Clock;
  readonly log?: StorageLog;
}

export interface DatabaseState {
  readonly mode: 'embedded' | 'postgres' | 'none';
  readonly ready: boolean;
  /** Why it is not ready, without user or password. */
  readonly reason?: string;
  /** `embedded PostgreSQL in <dir>`, `PostgreSQL at host:port/name` or `no database`. */
  readonly description: string;
}

/** The rows. Whatever goes wrong with the database itself is thrown as `Unavailable`, at once when it is known to be down. */
@Injectable()
export class Database {
  readonly mode: 'embedded' | 'postgres' | 'none';

  constructor(options: DatabaseOptions) {
    const { mode, url } = options.settings;
    this.mode = mode === 'auto' ? (url === undefined ? 'embedded' : 'postgres') : mode;
  }

  state(): DatabaseState {
    return { mode: this.mode, ready: false, reason: 'not opened', description: 'no database' };
  }

  async open(): Promise<void> {}

  async query<T>(_sql: string, _params: readonly unknown[] = []): Promise<T[]> {
    throw new Unavailable('no database');
  }

  async transaction<T>(_work: (manager: EntityManager) => Promise<T>): Promise<T> {
    throw new Unavailable('no database');
  }

  repository<E extends ObjectLiteral>(_entity: EntityTarget<E>): Repository<E> {
    throw new Unavailable('no database');
  }

  onReady(_listener: () => void): () => void {
    return () => {};
  }

  async close(): Promise<void> {}
}
