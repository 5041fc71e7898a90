import type { Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import type { Soon } from '../../kernel/soon.js';
import { type Amount, covers, isNothing, LARGEST, least, minus, most, NOTHING, plus } from './amount.js';
import type { Limits } from './budget.js';
import type { TakeTurn, TurnAnswer, TurnRequest } from './budget-turn.js';
import { Demand } from './demand.js';
import { OutOfBudget, type Shortage } from './shortage.js';

/** A part of a budget that one call has for itself. */
export interface Share {
  /** Once, when the call is over. What was not used can be had by the next one. */
  settle(used: Amount): void;
}

/** Of a budget that was removed meanwhile: it concerns nobody any more. */
const NO_SHARE: Share = { settle: () => undefined };

interface Waiter {
  readonly need: Amount;
  readonly resolve: (share: Share) => void;
  readonly reject: (error: unknown) => void;
}

/** For so long a refusal is repeated without asking. */
const REFUSAL_MS = 100;
/** How long others have to give back what they do not use, and how often they are asked to. */
const RECALL_MS = 150;
const RECALL_AGAIN_MS = 1000;

/**
 * What this gateway holds of one budget. Calls take from it in memory; now and then it has a turn at the budget itself,
 * one at a time, in which it says what was used and gets the next part. What it holds nobody else can have, so that the
 * parts together never come to more than the budget.
 */
export class Purse {
  private held = NOTHING;
  /** Taken by calls that are not over. */
  private inFlight = NOTHING;
  /** How many they are, of whatever window. */
  private open = 0;
  /** Used, and not said yet. */
  private used = NOTHING;
  private window: Date | undefined;
  private endsAt = 0;
  private epoch = 0;
  private turns = 0;
  private waiting: Waiter[] = [];
  private isBusy = false;
  /** What is held and not taken is on its way back, and cannot be had. */
  private isReturning = false;
  /** What is not taken shall go back at the next report, in use or not. */
  private isRecalled = false;
  /** Nobody knows whether it was made: it is asked again before anything else. */
  private unanswered: TurnRequest | undefined;
  private isGone = false;
  private readonly demand: Demand;
  private refused: { readonly until: number; readonly shortage: Shortage } | undefined;
  private recalledAt = -Infinity;

  constructor(
    private limits: Limits,
    private readonly take: TakeTurn,
    private readonly clock: Clock,
    private readonly recallOthers: () => Promise<void>,
  ) {
    this.demand = new Demand(clock);
  }

  /**
   * A share of `amount`, at once if it is held. Throws or rejects with OutOfBudget, or with Unavailable when the budget
   * cannot be asked.
   */
  draw(amount: Amount): Soon<Share> {
    if (this.isGone) return NO_SHARE;
    const need = this.bounded(amount);
    if (this.waiting.length === 0 && this.has(need)) return this.share(need);
    const { refused } = this;
    if (refused && this.clock.now() < refused.until && covers(need, refused.shortage.need))
      throw new OutOfBudget({ ...refused.shortage, need });
    return new Promise((resolve, reject) => {
      this.waiting.push({ need, resolve, reject });
      void this.serve();
    });
  }

  /** What is held and not used. */
  get reserved(): Amount {
    return this.bounded(most(NOTHING, minus(this.held, this.used)));
  }

  /** Nothing is held, no call has a share, and there is nothing to say. */
  get isQuiet(): boolean {
    const isSaid = !this.unanswered && isNothing(this.used);
    return this.isGone || (isSaid && !this.isBusy && this.open === 0 && isNothing(this.reserved));
  }

  /** Other limits: what is held goes back, and what was refused may be asked for again. Rejects with Unavailable. */
  change(limits: Limits): Promise<void> {
    this.limits = limits;
    this.refused = undefined;
    return this.report(true);
  }

  /** The budget was removed: it concerns nobody any more. */
  remove(): void {
    this.isGone = true;
  }

  /**
   * Says what was used, and gives back what nobody took since the last report; with `all` whatever is not taken.
   * Rejects with Unavailable; nothing is lost then, and it is said the next time.
   */
  async report(all = false): Promise<void> {
    this.isRecalled ||= all;
    if (this.isBusy || this.isGone) return;
    const isUnused = this.demand.restart();
    this.isBusy = true;
    try {
      // It was made up before anybody called for what is held.
      if (this.unanswered) await this.turn(NOTHING, NOTHING);
      const isIdle = isUnused || this.isRecalled;
      this.isRecalled = false;
      if (this.isGone || (isNothing(this.used) && !(isIdle && !isNothing(this.spare)))) return;
      if (isIdle) this.isReturning = true;
      await this.turn(NOTHING, NOTHING);
      if (isIdle) this.demand.forget();
    } finally {
      this.isBusy = false;
      void this.serve();
    }
    if (this.isRecalled) await this.report(); // called for meanwhile
  }

  private get spare(): Amount {
    return this.bounded(most(NOTHING, minus(this.held, plus(this.inFlight, this.used))));
  }

  private has(need: Amount): boolean {
    return !this.isReturning && this.clock.now() < this.endsAt && covers(this.spare, need);
  }

  /** A measure without a limit is not held, only counted. */
  private bounded({ cost, tokens }: Amount): Amount {
    return { cost: this.limits.cost === null ? 0 : cost, tokens: this.limits.tokens === null ? 0 : tokens };
  }

  private share(need: Amount): Share {
    const { epoch } = this;
    this.open += 1;
    this.inFlight = plus(this.inFlight, need);
    this.demand.note(need);
    return {
      settle: (used) => {
        this.open -= 1;
        if (epoch !== this.epoch) return; // the window is over in which it was taken
        this.inFlight = minus(this.inFlight, need);
        this.used = plus(this.used, used);
        this.refused = undefined;
      },
    };
  }

  /** Gives the waiting what is held, and asks for more, until nobody waits. */
  private async serve(): Promise<void> {
    if (this.isBusy || this.waiting.length === 0) return;
    this.isBusy = true;
    try {
      while (this.waiting.length > 0) {
        const [first] = this.waiting as [Waiter];
        if (this.isGone) this.waiting.shift()!.resolve(NO_SHARE);
        else if (this.has(first.need)) this.waiting.shift()!.resolve(this.share(first.need));
        else await this.topUp(first);
      }
    } catch (error) {
      for (const { reject } of this.waiting.splice(0)) reject(error);
      return;
    } finally {
      this.isBusy = false;
    }
    // Others called for it meanwhile, and do not wait long. What could not be said now is said at the next report.
    if (this.isRecalled) await this.report().catch(() => undefined);
  }

  private async topUp({ need }: Waiter): Promise<void> {
    const isAgain = this.unanswered !== undefined;
    const queued = this.waiting.reduce((sum, waiter) => plus(sum, waiter.need), NOTHING);
    const answer = await this.turn(need, this.demand.want(queued));
    if (isAgain || !answer || this.has(need)) return;
    if (answer.granted) return;
    if (answer.elsewhere && (await this.recall())) return;

    const { unspent, endsInMs } = answer;
    const left = { cost: this.available('cost', answer), tokens: this.available('tokens', answer) };
    const isHopeless = (waiter: Waiter): boolean => covers(waiter.need, need);
    const hopeless = this.waiting.filter(isHopeless);
    this.waiting = this.waiting.filter((waiter) => !isHopeless(waiter));
    this.refused = { until: this.clock.now() + REFUSAL_MS, shortage: { need, left, unspent, endsInMs } };
    for (const waiter of hopeless) waiter.reject(new OutOfBudget({ need: waiter.need, left, unspent, endsInMs }));
  }

  /** What a call could have of a measure: what nobody holds, and what is held here for nobody in particular. */
  private available(measure: keyof Amount, { left, unspent }: TurnAnswer): number | null {
    const [free, unused] = [left[measure], unspent[measure]];
    return free === null || unused === null ? null : Math.min(unused, free + this.spare[measure]);
  }

  /** Asks other replicas for what they do not use. Whether it is worth asking again. */
  private async recall(): Promise<boolean> {
    const now = this.clock.now();
    if (now - this.recalledAt < RECALL_AGAIN_MS) return false;
    this.recalledAt = now;
    await this.recallOthers();
    await new Promise<void>((resolve) => void this.clock.after(RECALL_MS, resolve));
    return true;
  }

  private async turn(need: Amount, want: Amount): Promise<TurnAnswer | undefined> {
    // What calls have taken is theirs, also where others came to more than they had set aside.
    const keep = this.isReturning ? this.inFlight : most(this.inFlight, this.bounded(minus(this.held, this.used)));
    const request = (this.unanswered ??= {
      nth: (this.turns += 1),
      usedIn: this.window,
      // What is more than can be counted at once is said, and asked for, bit by bit.
      used: least(this.used, LARGEST),
      keep,
      // What is kept and not taken is part of it: asked for as a whole, it would be missed twice.
      need: most(NOTHING, minus(need, minus(keep, this.inFlight))),
      want: least(want, LARGEST),
    });
    const askedAt = this.clock.now();
    const answer = await this.take(request).catch((error: unknown) => {
      // The database refused the turn, and will each time: it was not made, and the next one is another.
      if (!(error instanceof Unavailable)) this.unanswered = undefined;
      throw error;
    });
    this.unanswered = undefined;
    this.isReturning = false;
    if (!answer) this.isGone = true;
    else this.learn(answer, request, askedAt);
    return answer;
  }

  private learn({ held, continued, window, endsInMs }: TurnAnswer, { used }: TurnRequest, askedAt: number): void {
    if (continued) {
      this.used = minus(this.used, used);
    } else {
      this.epoch += 1;
      this.inFlight = NOTHING;
      this.used = NOTHING;
    }
    this.held = held;
    this.window = window;
    this.endsAt = endsInMs === undefined ? Infinity : askedAt + endsInMs;
  }
}
