import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import type { Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import type { Log } from '../../kernel/log.js';
import { backoff } from '../backoff.js';
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
  private attempt = 0;
  private running: Promise<void> | undefined;
  private cancelRestart: (() => void) | undefined;
  private closed = false;

  constructor(private readonly options: EmbeddedOptions) {
    this.folder = new DataFolder(join(options.stateDir, 'database'));
    this.description = `embedded PostgreSQL in ${this.folder.path}`;
  }

  get fault(): string | undefined {
    return this.broken;
  }

  /** Throws `DatabaseInUse` when another process has the folder. */
  async open(): Promise<void> {
    this.lock = FolderLock.take(this.folder.path, this.options.clock);
    try {
      await this.start();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  source(): DataSource {
    if (this.broken !== undefined || !this.embedded) throw new Unavailable(`database: ${this.broken}`);
    return this.embedded.rows;
  }

  async close(): Promise<void> {
    this.broken = 'closed';
    this.closed = true;
    this.cancelRestart?.();
    this.housekeeping?.stop();
    this.options.hooks.notices.down();
    await this.running;
    await this.embedded?.close();
    this.embedded = undefined;
    this.lock?.release();
    this.lock = undefined;
  }

  private async start(): Promise<void> {
    const { clock, settings, log, hooks } = this.options;
    const { isNew } = await this.folder.prepare();
    const [{ EmbeddedSource }, { Housekeeping }] = await Promise.all([
      import('./source.js'),
      import('./housekeeping.js'),
    ]);
    const stopped = (reason: string): void => this.stopped(reason);
    this.embedded = await EmbeddedSource.open(this.folder.cluster, clock, settings, stopped);
    await this.embedded.database.listen(CHANNEL, (payload) => hooks.notices.tell(payload));
    if (isNew) await this.folder.complete();
    if (this.closed) return;
    this.housekeeping = new Housekeeping(this.embedded.pool, clock, log);
    this.housekeeping.start();
    this.attempt = 0;
    this.broken = undefined;
    hooks.notices.up();
    hooks.ready();
  }

  /** PostgreSQL has stopped itself (a full disk, a failed sync). A new one reads its log, as after a power cut. */
  private stopped(reason: string): void {
    if (this.broken !== undefined) return;
    this.broken = reason;
    this.housekeeping?.stop();
    this.options.hooks.notices.down();
    this.options.log.error(`database: ${reason}; starting it again`, { event: 'database.stopped' });
    this.restartLater();
  }

  private restartLater(): void {
    this.cancelRestart = this.options.clock.after(backoff(this.attempt++), () => {
      this.running = this.restart().finally(() => (this.running = undefined));
    });
  }

  private async restart(): Promise<void> {
    await this.embedded?.abandon();
    this.embedded = undefined;
    try {
      await this.start();
    } catch (error) {
      this.options.log.error('database: the embedded PostgreSQL does not start', { event: 'database.stopped', error });
      if (!this.closed) this.restartLater();
    }
  }
}
