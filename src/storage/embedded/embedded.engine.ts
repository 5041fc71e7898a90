import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import type { Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import type { Log } from '../../kernel/log.js';
import type { DatabaseSettings } from '../database.settings.js';
import { CHANNEL, type Engine, type EngineHooks } from '../engine.js';
import { DataFolder } from './data-folder.js';
import { FolderLock } from './folder-lock.js';
import type { Housekeeping } from './housekeeping.js';
import type { EmbeddedSource } from './source.js';

export interface EmbeddedOptions {
  readonly stateDir: string;
  readonly settings: DatabaseSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly hooks: EngineHooks;
}

/** PostgreSQL inside this process, with its files in the state directory. For one gateway alone. */
export class EmbeddedEngine implements Engine {
  readonly description: string;
  private readonly folder: DataFolder;
  private lock: FolderLock | undefined;
  private embedded: EmbeddedSource | undefined;
  private housekeeping: Housekeeping | undefined;
  private broken: string | undefined = 'not open yet';

  constructor(private readonly options: EmbeddedOptions) {
    this.folder = new DataFolder(join(options.stateDir, 'database'));
    this.description = `embedded PostgreSQL in ${this.folder.path}`;
  }

  get fault(): string | undefined {
    return this.broken;
  }

  /** Throws `DatabaseInUse` when another process has the folder. */
  async open(): Promise<void> {
    const { clock, settings, log, hooks } = this.options;
    this.lock = FolderLock.take(this.folder.path, clock);
    try {
      const { isNew } = await this.folder.prepare();
      const { EmbeddedSource } = await import('./source.js');
      const { Housekeeping } = await import('./housekeeping.js');
      this.embedded = await EmbeddedSource.open(this.folder.cluster, clock, settings, (reason) =>
        this.breakDown(reason),
      );
      await this.embedded.database.listen(CHANNEL, (payload) => hooks.notices.tell(payload));
      if (isNew) await this.folder.complete();
      this.housekeeping = new Housekeeping(this.embedded.pool, clock, log);
    } catch (error) {
      await this.close();
      throw error;
    }
    this.housekeeping.start();
    this.broken = undefined;
    hooks.notices.up();
    hooks.ready();
  }

  source(): DataSource {
    if (this.broken !== undefined || !this.embedded) throw new Unavailable(`database: ${this.broken}`);
    return this.embedded.rows;
  }

  async close(): Promise<void> {
    this.broken = 'closed';
    this.housekeeping?.stop();
    this.options.hooks.notices.down();
    await this.embedded?.close();
    this.embedded = undefined;
    this.lock?.release();
    this.lock = undefined;
  }

  /** PostgreSQL stopped itself (a full disk, a damaged file). It comes back with the next start of the gateway only. */
  private breakDown(reason: string): void {
    if (this.broken !== undefined) return;
    this.broken = reason;
    this.options.hooks.notices.down();
    this.options.log.error(`database: ${reason}; restart the gateway`, { event: 'database.broken' });
  }
}
