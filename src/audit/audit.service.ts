import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { addToChain, type AuditEntry } from './audit-chain.js';
import { AuditQueue } from './audit-queue.js';
import { Repetitions } from './repetitions.js';

export type { AuditEntry };

/** Different ways to be refused within a minute; whatever comes beyond is summed up by its action and code alone. */
const MOST_REFUSALS = 256;

/** Different credentials and addresses within a minute; whatever comes beyond has a row of its own each time. */
const MOST_ENTRANCES = 4096;

/**
 * What happened, written once and chained: each row holds the hash of the one before it, so a row that is changed,
 * removed or put in between can be found (contract section 10). A tenant has a chain of its own.
 */
@Injectable()
export class AuditService {
  private readonly refusals: Repetitions;
  private readonly entrances: Repetitions;

  constructor(
    private readonly queue: AuditQueue,
    @Inject(CLOCK) clock: Clock,
  ) {
    const note = (entry: AuditEntry): void => this.note(entry);
    this.refusals = new Repetitions(clock, note, MOST_REFUSALS);
    this.entrances = new Repetitions(clock, note, MOST_ENTRANCES);
  }

  /** How many noted rows wait to be written, and how many were lost since the start. */
  get backlog(): { readonly waiting: number; readonly lost: number } {
    return this.queue.state;
  }

  /** Writes the row within the caller's transaction: what is undone was never recorded, what is recorded was done. */
  append(entry: AuditEntry, manager: EntityManager): Promise<void> {
    return addToChain([entry], manager);
  }

  /**
   * Has the row written within a second, for what happens on a path that must not wait and has no transaction: it never
   * blocks and never fails. What there is no room for is counted, and the count is a row (`audit.lost`).
   */
  note(entry: AuditEntry): void {
    this.queue.add(entry);
  }

  /**
   * As `note`, for what a stranger can make happen as often as they like: `detail.count` says how often within a minute
   * it happened in the same way, `kind`. From too many different ways, `rest` stands for those beyond.
   */
  noteOften(kind: string, entry: AuditEntry, rest: { readonly kind: string; readonly entry: AuditEntry }): void {
    this.refusals.add(kind, entry, rest);
  }

  /**
   * As `note`, for somebody who comes in and may come again at once: the first time is a row, the others of the same
   * minute are one row with their number, so that one good credential cannot push out what others did.
   */
  noteEntrance(kind: string, entry: AuditEntry): void {
    this.entrances.add(kind, entry);
  }

  /** Writes what was noted and not written yet: at the end of the process, before the database is closed. */
  flush(): Promise<void> {
    this.refusals.close();
    this.entrances.close();
    return this.queue.flush();
  }
}
