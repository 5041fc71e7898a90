import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { LOG, type Log } from '../../kernel/log.js';
import { Database } from '../../storage/database.js';
import { TAKE_AWAY } from './leftovers.js';

const EVERY_MS = 60 * 60_000;

/** Rows of one transaction: the embedded database has one session, and others want it too. */
const BATCH = 500;

/** Of one kind in one round: what piles up faster than this for days is no leftover. */
const MOST_BATCHES = 200;

const LOCK = `SELECT pg_try_advisory_xact_lock(hashtextextended('accounts:upkeep', 0)) AS mine`;

/** Takes away what has ended long ago, every hour, one gateway at a time and a few rows in each transaction. */
@Injectable()
export class AccountsUpkeep implements OnModuleInit, OnModuleDestroy {
  private cancel = (): void => {};
  private stopped = false;

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onModuleInit(): void {
    if (this.database.mode !== 'none') this.plan();
  }

  onModuleDestroy(): void {
    this.stopped = true;
    this.cancel();
  }

  /** One round. Resolves with how many rows are gone; where another gateway is at it, it leaves the rest to that one. */
  async round(): Promise<number> {
    let total = 0;
    for (const sql of TAKE_AWAY) {
      for (let batch = 0; batch < MOST_BATCHES && !this.stopped; batch += 1) {
        const gone = await this.takeAway(sql);
        if (gone === undefined) return total;
        total += gone;
        if (gone < BATCH) break;
      }
    }
    return total;
  }

  private plan(): void {
    this.cancel = this.clock.after(EVERY_MS, () => void this.work());
  }

  private async work(): Promise<void> {
    try {
      const rows = await this.round();
      if (rows > 0) this.log.info('accounts: what had ended long ago is gone', { event: 'accounts.upkeep', rows });
    } catch (error) {
      // Nothing depends on it; the next round finds the same rows.
      this.log.debug('accounts: the upkeep was cut short', { error });
    }
    if (!this.stopped) this.plan();
  }

  /** How many rows are gone; undefined while another gateway does the same. */
  private takeAway(sql: string): Promise<number | undefined> {
    return this.database.transaction(async (manager) => {
      const [{ mine }] = await manager.query<[{ mine: boolean }]>(LOCK);
      if (!mine) return undefined;
      const [{ gone }] = await manager.query<[{ gone: number }]>(sql, [BATCH]);
      return gone;
    });
  }
}
