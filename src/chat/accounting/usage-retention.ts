import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ConfigService } from '../../config/config.service.js';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { hourly } from '../../kernel/hourly.js';
import { LOG, type Log } from '../../kernel/log.js';
import { UsageRows } from './usage-rows.js';
import { UsageSettings } from './usage.settings.js';

/** Lines of one statement: the embedded database has one session, and others want it too. */
const BATCH = 1000;

/** Takes away lines of usage that are older than the configuration wants them kept. */
@Injectable()
export class UsageRetention implements OnModuleInit, OnModuleDestroy {
  private stop = (): void => undefined;
  private isOver = false;

  constructor(
    private readonly rows: UsageRows,
    private readonly config: ConfigService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onModuleInit(): void {
    if (!this.rows.areKept) return;
    this.stop = hourly(
      this.clock,
      () => this.look(),
      (error) => this.log.warn('usage: old lines could not be removed', { error }),
    );
  }

  onModuleDestroy(): void {
    this.isOver = true;
    this.stop();
  }

  /** Returns how many are gone. */
  async look(): Promise<number> {
    const { retentionDays } = this.config.current.get(UsageSettings);
    if (retentionDays === 0) return 0;
    let count = 0;
    for (let gone = BATCH; gone === BATCH && !this.isOver; count += gone) {
      gone = await this.rows.removeOld(retentionDays, BATCH);
    }
    if (count > 0) this.log.info('usage: old lines were removed', { count, retentionDays });
    return count;
  }
}
