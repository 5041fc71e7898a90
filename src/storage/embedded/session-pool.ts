import { EventEmitter } from 'node:events';
import type { PGlite } from '@electric-sql/pglite';
import type { Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import { Session } from './session.js';
import { Turn } from './turn.js';

/** A transaction that its owner forgot is ended, as PostgreSQL does with idle_in_transaction_session_timeout. */
const IDLE_MS = 10_000;

type Connected = (error: Error | undefined, session?: Session, release?: () => void) => void;

interface Waiting {
  readonly grant: () => void;
}

/**
 * A pool of exactly one session, as TypeORM's PostgreSQL driver expects a pool to look. Whoever has it has it alone
 * until release: overlapping transactions on one session would share their BEGIN and COMMIT. Who waits for a second
 * session while holding the first would wait for ever, hence the time limit.
 */
export class SessionPool extends EventEmitter {
  private readonly waiting = new Set<Waiting>();
  private readonly turn = new Turn();
  private busy = false;
  private closed = false;
  private broken: Error | undefined;
  private idle: (() => void)[] = [];

  constructor(
    private readonly database: PGlite,
    private readonly clock: Clock,
    private readonly waitMs: number,
  ) {
    super();
  }

  connect(connected: Connected): void {
    if (this.closed) return connected(new Unavailable('database: closed'));
    if (this.broken) return connected(this.broken);
    if (!this.busy) return this.lend(connected);

    const entry: Waiting = {
      grant: () => {
        cancel();
        this.lend(connected);
      },
    };
    const cancel = this.clock.after(this.waitMs, () => {
      this.waiting.delete(entry);
      connected(new Unavailable('database: too busy'));
    });
    this.waiting.add(entry);
  }

  /** Runs `work` with the session when it is its turn, however long that takes. */
  async exclusively<T>(work: (database: PGlite) => Promise<T>): Promise<T> {
    if (this.busy) await new Promise<void>((resolve) => this.waiting.add({ grant: resolve }));
    this.busy = true;
    try {
      return await work(this.database);
    } finally {
      this.pass();
    }
  }

  end(ended: (error?: Error) => void): void {
    this.closed = true;
    if (!this.busy) return ended();
    this.idle.push(ended);
  }

  private lend(connected: Connected): void {
    this.busy = true;
    let cancelIdle = (): void => {};
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      cancelIdle();
      session.end('the transaction has ended');
      void this.takeBack();
    };
    const watch = (): void => {
      cancelIdle();
      cancelIdle = this.clock.after(IDLE_MS, () => {
        session.end('the transaction was left open for too long');
        release();
      });
    };
    const session = new Session(this.database, this.turn, watch);
    watch();
    connected(undefined, session, release);
  }

  /** A borrower that failed to roll back must not hand its transaction on to the next. */
  private async takeBack(): Promise<void> {
    try {
      if (this.database.isInTransaction()) await this.database.exec('ROLLBACK');
    } catch (error) {
      this.broken = error as Error; // PostgreSQL has stopped: whoever comes next is told the same
    }
    this.pass();
  }

  private pass(): void {
    this.busy = false;
    const [next] = this.waiting;
    if (next) {
      this.waiting.delete(next);
      next.grant();
      return;
    }
    for (const ended of this.idle.splice(0)) ended();
  }
}
