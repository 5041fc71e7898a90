import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { LOG, type Log } from '../kernel/log.js';
import { Database } from './database.js';

const BEAT_MS = 10_000;

/** How long one that says nothing more is still believed to live: two beats may be lost. */
const ALIVE = `interval '30 seconds'`;

/** Long enough that nobody waits for what it had begun; its rows elsewhere go with it. */
const FORGOTTEN = `interval '1 hour'`;

/**
 * This gateway among those on the same database. Each says that it lives every ten seconds, so that the others know
 * what to make of rows that it left. The embedded database has one gateway: there is nobody to tell, and nothing written.
 */
@Injectable()
export class Replicas implements OnModuleInit, OnModuleDestroy {
  /** A new one with each start. */
  readonly own = randomUUID();
  private readonly listeners = new Set<() => void>();
  private written: Promise<void> | undefined;
  private stop: (() => void) | undefined;
  private over = false;

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** Whether there may be others. */
  get shared(): boolean {
    return this.database.mode === 'postgres';
  }

  onModuleInit(): void {
    if (this.shared) this.database.onReady(() => void this.begin());
  }

  /** Resolves when this gateway stands in the rows. Rejects with Unavailable when that cannot be had. */
  async present(): Promise<void> {
    if (!this.shared) return;
    this.written ??= this.write();
    try {
      await this.written;
    } catch (error) {
      this.written = undefined;
      throw error;
    }
  }

  /** Calls `listener` when the rows may know nothing of this gateway: at the start, and after an outage. */
  onBegin(listener: () => void): void {
    this.listeners.add(listener);
  }

  async onModuleDestroy(): Promise<void> {
    this.over = true;
    this.stop?.();
    if (!this.written) return;
    try {
      await this.database.query(`DELETE FROM replicas WHERE id = $1`, [this.own]);
    } catch (error) {
      this.log.debug('this gateway could not be signed off; it is forgotten by itself', { error });
    }
  }

  private async begin(): Promise<void> {
    this.stop?.();
    this.written = undefined;
    await this.beat();
    for (const listener of this.listeners) listener();
  }

  private async beat(): Promise<void> {
    if (this.over) return;
    this.stop = this.clock.after(BEAT_MS, () => void this.beat());
    try {
      this.written = this.write();
      await this.written;
    } catch (error) {
      this.written = undefined;
      this.log.debug('this gateway could not say that it lives', { error });
    }
  }

  private async write(): Promise<void> {
    await this.database.query(
      `WITH gone AS (DELETE FROM replicas WHERE alive_until < now() - ${FORGOTTEN})
       INSERT INTO replicas (id, alive_until) VALUES ($1, now() + ${ALIVE})
       ON CONFLICT (id) DO UPDATE SET alive_until = excluded.alive_until`,
      [this.own],
    );
  }
}
