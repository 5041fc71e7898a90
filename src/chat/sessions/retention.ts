import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ConfigService } from '../../config/config.service.js';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { hourly } from '../../kernel/hourly.js';
import { LOG, type Log } from '../../kernel/log.js';
import { SessionRows } from './session-rows.js';
import { SessionsSettings } from './sessions.settings.js';

/** Takes away sessions that nobody has used for longer than the configuration wants them kept. */
@Injectable()
export class Retention implements OnModuleInit, OnModuleDestroy {
  private stop = (): void => undefined;

  constructor(
    private readonly sessions: SessionRows,
    private readonly config: ConfigService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.stop = hourly(
      this.clock,
      () => this.look(),
      (error) => this.log.warn('old sessions could not be removed', { error }),
    );
  }

  onModuleDestroy(): void {
    this.stop();
  }

  /** Returns how many are gone. */
  async look(): Promise<number> {
    const { retentionDays } = this.config.current.get(SessionsSettings);
    if (retentionDays === 0) return 0;
    const count = await this.sessions.removeIdle(retentionDays);
    if (count > 0) this.log.info('sessions that nobody used were removed', { count, retentionDays });
    return count;
  }
}
