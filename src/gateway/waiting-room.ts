import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { Refused } from '../kernel/errors.js';
import type { WebSocketSettings } from './websocket.settings.js';

/** One place of the waiting room. */
export class Place {
  /** Called when the time to connect is over. */
  onOverdue?: () => void;

  constructor(
    readonly source: string,
    public until: number,
  ) {}
}

/** How soon a client may try again when all places are taken. */
const RETRY_AFTER_MS = 5_000;

/** Sockets that have not shown who they are: few for each address, few in all, none for long (S202). */
@Injectable()
export class WaitingRoom {
  private readonly taken = new Map<string, number>();
  private total = 0;
  /** In the order of their deadlines, which is that of their coming: one timer serves all. */
  private readonly queue = new Set<Place>();
  private armed = false;

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  get size(): number {
    return this.total;
  }

  /** Throws Refused('too_many_connections') when the source, or everybody together, has no place left. */
  take(source: string, settings: WebSocketSettings): Place {
    const before = this.taken.get(source) ?? 0;
    if (before >= settings.maxUnauthenticatedPerAddress || this.total >= settings.maxUnauthenticated) {
      throw new Refused('too_many_connections', { retryAfterMs: RETRY_AFTER_MS });
    }
    this.taken.set(source, before + 1);
    this.total += 1;
    const place = new Place(source, this.clock.now() + settings.connectTimeoutMs);
    this.queue.add(place);
    this.arm(settings.connectTimeoutMs);
    return place;
  }

  /** Lets whoever has a place keep it longer: it waits for a person now. */
  extend(place: Place, ms: number): void {
    place.until = this.clock.now() + ms;
    // The queue is in the order of deadlines; this one gets a timer of its own, as few are let stay.
    this.queue.delete(place);
    this.clock.after(ms, () => place.onOverdue?.());
  }

  /** Gives a place back: its socket has connected or is gone. A socket that is only asked to close still has it. */
  leave(place: Place): void {
    place.onOverdue = undefined;
    this.queue.delete(place);
    const rest = this.taken.get(place.source)! - 1;
    if (rest > 0) this.taken.set(place.source, rest);
    else this.taken.delete(place.source);
    this.total -= 1;
  }

  private arm(ms: number): void {
    if (this.armed) return;
    this.armed = true;
    this.clock.after(ms, () => this.callOverdue());
  }

  private callOverdue(): void {
    this.armed = false;
    const now = this.clock.now();
    for (const place of this.queue) {
      if (place.until > now) return this.arm(place.until - now);
      this.queue.delete(place);
      place.onOverdue?.();
    }
  }
}
