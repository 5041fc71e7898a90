import type { Clock } from '../../kernel/clock.js';
import { type Amount, isNothing, least, most, NOTHING, plus, times } from './amount.js';

/** As much is asked for at a time as will be used in about this time: little is held, and little is asked. */
const AHEAD_MS = 1000;
/** … which is found out step by step. */
const GROWTH = 4;

/** How much is taken out of a purse of late, and how much it should ask for because of that. */
export class Demand {
  private drawn = NOTHING;
  private since = 0;
  private lastWant = NOTHING;

  constructor(private readonly clock: Clock) {}

  note(amount: Amount): void {
    this.drawn = plus(this.drawn, amount);
  }

  /** Begins to count anew. Whether nothing was taken since it did so before. */
  restart(): boolean {
    const isIdle = isNothing(this.drawn);
    this.drawn = NOTHING;
    this.since = this.clock.now();
    return isIdle;
  }

  /** What was found out no longer counts: nobody takes anything. */
  forget(): void {
    this.lastWant = NOTHING;
  }

  /** As much as was taken per second of late, as far as that is known, and no less than what is waited for. */
  want(waitedFor: Amount): Amount {
    const perSecond = times(this.drawn, AHEAD_MS / Math.max(1, this.clock.now() - this.since));
    this.lastWant = most(waitedFor, least(perSecond, times(this.lastWant, GROWTH)));
    this.restart();
    return this.lastWant;
  }
}
