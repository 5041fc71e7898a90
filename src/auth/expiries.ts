import { CLOCK, type Clock } from '../kernel/clock.js';
import { Inject, Injectable } from '@nestjs/common';
import { KeyIndex } from '../kernel/key-index.js';
import { Seats } from '../kernel/seats.js';
import type { Stay } from './stays.js';

/** Ends what goes on when its credential ends by itself. One timer for all; seconds are exact enough. */
@Injectable()
export class Expiries {
  private readonly all = new Seats<Stay>();
  private readonly bySecond = new KeyIndex(this.all);
  private readonly seconds = new Set<number>();
  private cancel?: () => void;
  private next = Infinity;

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  add(stay: Stay, expiresAt: number): void {
    const second = secondOf(expiresAt);
    this.bySecond.add(String(second), this.all.take(stay));
    this.seconds.add(second);
    if (second < this.next) this.arm(second);
  }

  remove(stay: Stay, expiresAt: number): void {
    const seat = this.all.leave(stay);
    if (seat === undefined) return;
    const second = secondOf(expiresAt);
    this.bySecond.remove(String(second), seat);
    if (this.bySecond.count(String(second)) === 0) this.seconds.delete(second);
  }

  private arm(second: number): void {
    this.cancel?.();
    this.next = second;
    // A timer cannot wait longer than 24.8 days; when it ends early, it is wound up again.
    const wait = Math.min(Math.max(0, second * 1000 - this.clock.now()), 2_000_000_000);
    this.cancel = this.clock.after(wait, () => this.endExpired());
  }

  private endExpired(): void {
    const now = this.clock.now();
    for (const second of this.seconds) {
      if (second * 1000 > now) continue;
      this.seconds.delete(second);
      for (const stay of this.bySecond.find(String(second))) stay.end('expired');
    }
    this.next = Infinity;
    const earliest = Math.min(...this.seconds);
    if (earliest !== Infinity) this.arm(earliest);
  }
}

const secondOf = (ms: number): number => Math.ceil(ms / 1000);
