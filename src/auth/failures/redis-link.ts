import { Redis } from 'ioredis';
import type { Clock } from '../../kernel/clock.js';
import type { Log } from '../../kernel/log.js';
import { SCRIPTS, type ScriptedRedis, noticesOf } from './redis-scripts.js';

/** Redis answers or it is away: nothing may pile up behind it, for a caller waits for its refusal. */
const OPTIONS = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  disableClientInfo: true,
  maxRetriesPerRequest: 0,
  connectTimeout: 2000,
  disconnectTimeout: 500,
  commandTimeout: 500,
  keepAlive: 10_000,
  retryStrategy: (attempt: number) => Math.min(attempt * 100, 1000),
  scripts: SCRIPTS,
};

/** How long a start waits for the first answer. */
const FIRST_ANSWER_MS = 1000;
const RESUME_AFTER_MS = 1000;

/** Who uses the link. */
export interface LinkUser {
  /** A notice of some replica, our own ones included. */
  hear(notice: string): void;
  /** After every (re)connection, when notices already arrive: read back what was missed. */
  catchUp(): Promise<void>;
}

/**
 * Two connections to one Redis, one to ask and one to listen, since a connection that listens may not ask. They come
 * back by themselves; that Redis went away and that it is back is said once each, never with the URL's password.
 */
export class RedisLink {
  readonly redis: ScriptedRedis;
  readonly channel: string;
  private readonly listener: Redis;
  private readonly host: string;
  private state: 'unknown' | 'shared' | 'alone' | 'closed' = 'unknown';
  private cancelResume = (): void => {};
  private answered = (): void => {};

  constructor(
    url: string,
    private readonly user: LinkUser,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    this.host = new URL(url).host;
    this.redis = new Redis(url, OPTIONS) as ScriptedRedis;
    this.listener = new Redis(url, OPTIONS);
    this.channel = noticesOf(this.redis.options.db ?? 0);
    this.listener.on('message', (_channel: string, notice: string) => user.hear(notice));
    for (const connection of this.connections) {
      connection.on('ready', () => void this.resume());
      connection.on('error', (error: Error) => this.lost(error));
      connection.on('close', () => this.lost(new Error('the connection was closed')));
    }
  }

  get ready(): boolean {
    return this.redis.status === 'ready';
  }

  /** Connects. Resolves when the user has caught up, or without that when Redis is away: it may come later. */
  open(): Promise<void> {
    return new Promise((resolve) => {
      const giveUp = this.clock.after(FIRST_ANSWER_MS, resolve);
      this.answered = () => [giveUp(), resolve()];
      // What goes wrong here is told by the `error` event, and tried again.
      for (const connection of this.connections) connection.connect().catch(() => undefined);
    });
  }

  /** Redis did what it was asked. */
  found(): void {
    if (this.state === 'alone') this.log.info(`rate limit: the Redis at ${this.host} is back, counts are shared again`);
    if (this.state !== 'closed') this.state = 'shared';
  }

  /** Redis did not do what it was asked, or is not there. One that does not answer is connected anew. */
  lost(error: unknown): void {
    if (this.state === 'closed') return;
    if (this.state !== 'alone') {
      // The message alone: the error itself carries its command, and that of a refused AUTH is the password.
      const reason = error instanceof Error ? error.message : String(error);
      const consequence = 'each gateway counts for itself until it is back';
      this.log.warn(`rate limit: the Redis at ${this.host} cannot be used, ${consequence}`, { reason });
    }
    this.state = 'alone';
    this.answered();
    if (error instanceof Error && error.message === 'Command timed out') {
      for (const connection of this.connections) connection.disconnect(true);
    }
  }

  close(): void {
    this.state = 'closed';
    this.cancelResume();
    for (const connection of this.connections) connection.disconnect();
  }

  private get connections(): readonly Redis[] {
    return [this.redis, this.listener];
  }

  private async resume(): Promise<void> {
    this.cancelResume();
    if (this.connections.some(({ status }) => status !== 'ready')) return;
    try {
      // Listen first, then read: a lock that falls in between is told twice, not missed.
      await this.listener.subscribe(this.channel);
      await this.user.catchUp();
      this.found();
      this.answered();
    } catch (error) {
      this.lost(error);
      this.cancelResume = this.clock.after(RESUME_AFTER_MS, () => void this.resume());
    }
  }
}
