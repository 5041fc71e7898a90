import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { Clock } from '../../kernel/clock.js';
import { backoff } from '../backoff.js';
import { CHANNEL } from '../engine.js';
import type { Notices } from '../notices.js';

/** A dead connection may look alive for minutes, and notices have a second to arrive. */
const PROBE_EVERY_MS = 1000;
const ANSWER_WITHIN_MS = 1000;

export interface NoticeChannelOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly notices: Notices;
  readonly connectTimeoutMs: number;
  /** Sends a notice over another connection. */
  readonly send: (payload: string) => Promise<unknown>;
  /** The connection broke: the database may be down. */
  readonly onLost: () => void;
  /** Notices do not come through although both connections work. */
  readonly onDeaf: () => void;
}

/** One connection that only listens, made anew for as long as it takes. */
export class NoticeChannel {
  private client: Client | undefined;
  private attempt = 0;
  private stopped = false;
  private cancel: (() => void) | undefined;

  constructor(private readonly options: NoticeChannelOptions) {}

  async start(): Promise<void> {
    const { url, connectTimeoutMs, notices } = this.options;
    const client = new Client({
      connectionString: url,
      connectionTimeoutMillis: connectTimeoutMs,
      query_timeout: ANSWER_WITHIN_MS,
      keepAlive: true,
      application_name: 'doorward notices',
    });
    this.client = client;
    client.on('error', () => this.lost(client));
    client.on('end', () => this.lost(client));
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
      await this.hearOurselves(client);
    } catch {
      this.lost(client); // the reason is told by the pool, which meets the same
      return;
    }
    if (this.client !== client) return;
    client.on('notification', ({ payload }) => {
      if (payload !== undefined && !payload.startsWith(HELLO)) notices.tell(payload);
    });
    this.attempt = 0;
    notices.up();
    this.probeLater(client);
  }

  /** The database answers again: revocations have a second to arrive, so the rest of the pause is not waited for. */
  async resume(): Promise<void> {
    if (this.client || this.stopped) return;
    this.cancel?.();
    this.attempt = 0;
    await this.start();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel?.();
    const { client } = this;
    this.client = undefined;
    this.options.notices.down();
    await client?.end().catch(() => undefined);
  }

  /** Behind a pooler LISTEN seems to work and nothing is ever heard. Only a notice that arrives proves the channel. */
  private async hearOurselves(client: Client): Promise<void> {
    const word = HELLO + randomUUID();
    const heard = new Promise<void>((resolve, reject) => {
      const cancel = this.options.clock.after(ANSWER_WITHIN_MS, () => {
        this.options.onDeaf();
        reject(new Error('notices do not come through'));
      });
      client.on('notification', ({ payload }) => {
        if (payload !== word) return;
        cancel();
        resolve();
      });
    });
    await Promise.all([heard, this.options.send(word)]);
  }

  private probeLater(client: Client): void {
    this.cancel = this.options.clock.after(PROBE_EVERY_MS, () => {
      client.query('select 1').then(
        () => this.client === client && this.probeLater(client),
        () => this.lost(client),
      );
    });
  }

  private lost(client: Client): void {
    if (this.client !== client) return;
    this.client = undefined;
    this.cancel?.();
    client.end().catch(() => undefined);
    this.options.notices.down();
    if (this.stopped) return;
    this.options.onLost();
    this.cancel = this.options.clock.after(backoff(this.attempt++), () => void this.start());
  }
}

const HELLO = 'hello ';
