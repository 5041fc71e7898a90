import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import { LOG, type Log } from '../../kernel/log.js';
import { Ledger, type UsageBatch } from './ledger.js';
import { StandingBudgets } from './standing-budgets.js';
import { UsageRows } from './usage-rows.js';

const EVERY_MS = 1000;

/**
 * Writes behind the calls, every second and at the end, what they used, and tells the budgets. A gateway that is killed
 * takes the lines of its last second with it; of a budget it takes nothing, since what it held counts as used.
 */
@Injectable()
export class LedgerFlush implements OnModuleInit, OnApplicationShutdown {
  private stop = (): void => undefined;
  private running: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;
  private isFailing = false;
  private isOver = false;

  constructor(
    private readonly ledger: Ledger,
    private readonly budgets: StandingBudgets,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
    private readonly rows: UsageRows,
  ) {}

  onModuleInit(): void {
    if (!this.rows.areKept) return;
    this.stop = this.clock.after(EVERY_MS, () => void this.flush().then(() => this.isOver || this.onModuleInit()));
  }

  /** Calls are over by now: the server is closed. */
  async onApplicationShutdown(): Promise<void> {
    this.isOver = true;
    this.stop();
    if (!this.rows.areKept) return;
    await this.flush();
    await this.told(() => this.budgets.report(true));
    await this.flush();
  }

  /** Resolves when everything so far is written, or could not be. However many ask meanwhile, it is done once for all. */
  flush(): Promise<void> {
    this.next ??= this.running.then(() => {
      this.next = undefined;
      this.running = this.write();
      return this.running;
    });
    return this.next;
  }

  private async writeBatch(batch: UsageBatch): Promise<void> {
    try {
      await this.rows.write(batch);
      this.ledger.done(batch);
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      if (batch.lines.length > 1) return this.ledger.halve(batch);
      this.log.error('usage: a line cannot be written, and is lost', { error, line: batch.lines[0] });
      this.ledger.done(batch);
    }
  }

  private async write(): Promise<void> {
    await this.told(async () => {
      // What an earlier attempt could not write, then what came since.
      for (let batch = this.ledger.batch(); batch; batch = this.ledger.batch()) {
        await this.writeBatch(batch);
      }
      await this.budgets.report();
      this.isFailing = false;
    });
  }

  /** Never rejects: what could not be done is tried again, and at the end nobody could do anything about it. */
  private async told(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // Told once for each outage; what is not written stays in memory.
      if (!this.isFailing) this.log.warn('usage: what models cost could not be written yet', { error });
      this.isFailing = true;
    }
  }
}
