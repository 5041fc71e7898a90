import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { LOG, type Log } from '../kernel/log.js';
import { UsageBook } from './usage-book.js';

const EVERY_MS = 5000;

/** Has stored how profiles fared, every five seconds and at the end: no request waits for it. */
@Injectable()
export class UsageFlush implements OnModuleInit, OnModuleDestroy {
  private stop = (): void => {};
  private isFailing = false;

  constructor(
    private readonly book: UsageBook,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.stop = this.clock.after(EVERY_MS, () => void this.turn());
  }

  async onModuleDestroy(): Promise<void> {
    this.stop();
    await this.flush();
  }

  private async turn(): Promise<void> {
    await this.flush();
    this.onModuleInit();
  }

  private async flush(): Promise<void> {
    try {
      await this.book.flush();
      this.isFailing = false;
    } catch (error) {
      // Told once for each outage; what is not stored stays in memory, and counts there.
      if (!this.isFailing) this.log.warn('credentials: how profiles fared could not be stored yet', { error });
      this.isFailing = true;
    }
  }
}
