import type { Clock } from '../../kernel/clock.js';
import { Refused } from '../../kernel/errors.js';
import type { FailureLimits, FailureStorage } from './failure-storage.js';

/** Callers of one source, and of all, that may wait for a place; a reconnecting office is well below. */
const WAITING_PER_SOURCE = 2048;
const WAITING_IN_ALL = 8192;

/** Longer than any method may take, shorter than a WebSocket client may take to connect. */
const PATIENCE_MS = 5000;

const RETRY_AFTER_MS = 1000;

interface Waiting {
  readonly places: number;
  readonly limits: FailureLimits;
  readonly enter: () => void;
  readonly refuse: (why: Refused) => void;
}

/**
 * Who is being judged right now, by source. Places are taken before a credential is looked at: of many wrong ones at
 * once no more are tried than may fail (S131). Whoever finds no place waits, so that as many good ones lose only time.
 */
export class JudgingPlaces {
  private readonly taken = new Map<string, number>();
  private readonly queues = new Map<string, Waiting[]>();
  private waitingInAll = 0;

  constructor(
    private readonly storage: FailureStorage,
    private readonly clock: Clock,
  ) {}

  /** Takes `places` if they are free. A source of which nobody is being judged always has room for one caller. */
  take(source: string, places: number, limits: FailureLimits): boolean {
    const taken = this.taken.get(source);
    if (taken !== undefined && (this.queues.has(source) || !this.fits(source, taken + places, limits))) return false;
    this.taken.set(source, (taken ?? 0) + places);
    return true;
  }

  /**
   * Waits for places, first come, first served. Rejects with Refused: `rate_limited` when the source is locked
   * meanwhile, `auth_unavailable` when too many are waiting or it takes too long.
   */
  wait(source: string, places: number, limits: FailureLimits): Promise<void> {
    const queue = this.queues.get(source) ?? [];
    if (queue.length >= WAITING_PER_SOURCE || this.waitingInAll >= WAITING_IN_ALL) throw busy();
    this.queues.set(source, queue);
    this.waitingInAll += 1;
    return new Promise((enter, refuse) => {
      const waiting: Waiting = {
        places,
        limits,
        enter: () => [cancel(), enter()],
        refuse: (why) => [cancel(), refuse(why)],
      };
      const cancel = this.clock.after(PATIENCE_MS, () => {
        this.dequeue(source, queue, queue.indexOf(waiting));
        waiting.refuse(busy());
      });
      queue.push(waiting);
    });
  }

  /** Gives places back, and lets in who now fits. */
  leave(source: string, places: number): void {
    const left = this.taken.get(source)! - places;
    if (left > 0) this.taken.set(source, left);
    else this.taken.delete(source);

    const queue = this.queues.get(source);
    if (queue) this.callIn(source, queue);
  }

  private callIn(source: string, queue: Waiting[]): void {
    for (let next = queue[0]; next; next = queue[0]) {
      const blockedMs = this.storage.blockedFor(source);
      const taken = this.taken.get(source);
      if (blockedMs === 0 && taken !== undefined && !this.fits(source, taken + next.places, next.limits)) return;
      this.dequeue(source, queue, 0);
      if (blockedMs > 0) {
        next.refuse(new Refused('rate_limited', { retryAfterMs: blockedMs }));
      } else {
        this.taken.set(source, (taken ?? 0) + next.places);
        next.enter();
      }
    }
  }

  private dequeue(source: string, queue: Waiting[], index: number): void {
    queue.splice(index, 1);
    this.waitingInAll -= 1;
    if (queue.length === 0) this.queues.delete(source);
  }

  private fits(source: string, places: number, limits: FailureLimits): boolean {
    return places <= this.storage.remaining(source, limits);
  }
}

const busy = (): Refused =>
  new Refused('auth_unavailable', {
    retryAfterMs: RETRY_AFTER_MS,
    reason: 'too many of this address are being judged',
  });
