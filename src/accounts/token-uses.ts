import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { LOG, type Log } from '../kernel/log.js';
import { Database } from '../storage/database.js';

/** How long a use is only remembered; what a crash may forget. */
const FLUSH_MS = 60_000;
/** More tokens than this in one minute are not noted: the note is a courtesy, and must not grow without bound. */
const MOST = 100_000;

/** When gateway tokens were last used: noted in memory, and written for all of them at once, at most every minute. */
@Injectable()
export class TokenUses implements OnApplicationShutdown {
  private uses = new Map<string, number>();
  private waiting = false;

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** Notes a use at `now`. Costs nothing but memory; never throws. */
  note(id: string, now: number): void {
    if (this.uses.size >= MOST && !this.uses.has(id)) return;
    this.uses.set(id, now);
    if (this.waiting) return;
    this.waiting = true;
    this.clock.after(FLUSH_MS, () => void this.flush());
  }

  /** Writes what was noted. A database that cannot take it costs the notes of this minute, and nobody an answer. */
  async flush(): Promise<void> {
    this.waiting = false;
    if (this.uses.size === 0) return;
    const uses = [...this.uses];
    this.uses = new Map();
    const now = this.clock.now();
    const ids = uses.map(([id]) => id);
    const ages = uses.map(([, at]) => Math.max(0, now - at) / 1000);
    try {
      // Ages instead of moments: the clock of the database is the one that its rows are written by (S086).
      await this.database.query(
        `UPDATE gateway_tokens t SET last_used_at = greatest(t.last_used_at, now() - make_interval(secs => v.age))
           FROM unnest($1::uuid[], $2::float8[]) AS v (id, age) WHERE t.id = v.id`,
        [ids, ages],
      );
    } catch (error) {
      this.log.debug('uses of gateway tokens were not noted', { error });
    }
  }

  onApplicationShutdown(): Promise<void> {
    return this.flush();
  }
}
