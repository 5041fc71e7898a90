import type { DataSource } from 'typeorm';
import type { Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import type { Log } from '../../kernel/log.js';
import { backoff } from '../backoff.js';
import { Breaker } from '../breaker.js';
import type { DatabaseSettings } from '../database.settings.js';
import { CHANNEL, type Engine, type EngineHooks } from '../engine.js';
import { type Isolation, isolationWarning } from '../tenant-isolation.js';
import { describePostgres } from './address.js';
import type { NoticeChannel } from './notice-channel.js';
import { outageOf } from './outage.js';
import type { PostgresSources } from './sources.js';

/** How long the start of the gateway waits for a database that is slow to answer, or busy with another's migrations. */
const START_WAIT_MS = 5000;

export interface PostgresOptions {
  readonly url: string;
  readonly settings: DatabaseSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly hooks: EngineHooks;
}

/** A PostgreSQL server, which may be away at any time and is tried again until it answers. */
export class PostgresEngine implements Engine {
  readonly description: string;
  private readonly breaker = new Breaker('not connected yet', (reason) => this.tripped(reason));
  private sources: PostgresSources | undefined;
  private rows: DataSource | undefined;
  private channel: NoticeChannel | undefined;
  private attempt = 0;
  private running: Promise<void> | undefined;
  private cancelRetry: (() => void) | undefined;
  private lastWarning = '';
  private isolation: Isolation = 'role';
  private closed = false;

  constructor(private readonly options: PostgresOptions) {
    this.description = describePostgres(options.url);
  }

  get fault(): string | undefined {
    return this.breaker.fault;
  }

  /** Resolves whether or not the server answers; afterwards it is tried in the background. */
  async open(): Promise<void> {
    const enough = new Promise<void>((resolve) => this.options.clock.after(START_WAIT_MS, resolve));
    await Promise.race([this.connect(), enough]);
  }

  source(): DataSource {
    this.breaker.check();
    if (!this.rows) throw new Unavailable('database: not connected yet');
    return this.rows;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.breaker.trip('closed');
    this.cancelRetry?.();
    await this.channel?.stop();
    await this.running;
    await this.rows?.destroy();
    this.rows = undefined;
  }

  private connect(): Promise<void> {
    this.running ??= this.tryOnce().finally(() => (this.running = undefined));
    return this.running;
  }

  /** One probe: migrations on a connection of their own, then the pool. Only this closes the breaker. */
  private async tryOnce(): Promise<void> {
    if (this.closed) return;
    try {
      this.sources ??= await this.makeSources();
      this.tellOf(await this.sources.migrate());
      this.rows ??= await this.sources.openRows();
    } catch (error) {
      this.failed(error);
      return;
    }
    if (this.closed) return;
    const wasDown = this.breaker.fault !== undefined;
    this.attempt = 0;
    this.lastWarning = '';
    this.breaker.close();
    if (!this.channel) await this.listen();
    else if (wasDown) await this.channel.resume();
    if (wasDown) this.options.hooks.ready();
  }

  private failed(error: unknown): void {
    const outage = outageOf(error);
    this.breaker.trip(outage?.reason ?? 'the migrations failed');
    this.warn(this.breaker.fault!, outage ? undefined : error);
    this.retry();
  }

  /** Once, and again when it has become another. */
  private tellOf(isolation: Isolation): void {
    const warning = isolation === this.isolation ? undefined : isolationWarning(isolation);
    this.isolation = isolation;
    if (warning !== undefined) this.options.log.warn(warning, { event: 'database.isolation', isolation });
  }

  /** A query met what is wrong before a probe did. */
  private tripped(reason: string): void {
    this.warn(reason);
    if (!this.running) this.retry();
  }

  private warn(reason: string, error?: unknown): void {
    if (this.closed || reason === this.lastWarning) return;
    this.lastWarning = reason;
    this.options.log.warn(`database: ${reason}; trying again`, { event: 'database.unavailable', error });
  }

  private retry(): void {
    this.cancelRetry?.();
    if (this.closed) return;
    this.cancelRetry = this.options.clock.after(backoff(this.attempt++), () => void this.connect());
  }

  /** A connection broke while nobody was asking. Whether the server is gone is found out without refusing anybody yet. */
  private suspect(): void {
    if (!this.closed && this.breaker.fault === undefined) void this.connect();
  }

  private async makeSources(): Promise<PostgresSources> {
    const { PostgresSources } = await import('./sources.js');
    const { url, settings } = this.options;
    const guard = {
      check: () => this.breaker.check(),
      answered: () => this.breaker.answered(),
      failed: (outage: { reason: string; slow: boolean }) => this.breaker.failed(outage),
      outageOf,
    };
    return new PostgresSources(url, settings, guard, () => this.suspect());
  }

  private async listen(): Promise<void> {
    const { NoticeChannel } = await import('./notice-channel.js');
    const { url, settings, clock, log, hooks } = this.options;
    this.channel = new NoticeChannel({
      url,
      clock,
      notices: hooks.notices,
      connectTimeoutMs: settings.connectTimeoutMs,
      send: async (payload) => this.source().query('select pg_notify($1, $2)', [CHANNEL, payload]),
      onLost: () => this.suspect(),
      onDeaf: () => log.warn(DEAF, { event: 'database.no-notices' }),
    });
    await this.channel.start();
  }
}

const DEAF =
  'database: LISTEN does not work over this URL, so nothing is cached and revocations close no sockets; ' +
  'a pooler in transaction mode does that: give database.url the address of PostgreSQL itself';
