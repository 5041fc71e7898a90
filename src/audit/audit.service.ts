import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { addToChain, type AuditEntry } from './audit-chain.js';
import { AuditQueue } from './audit-queue.js';
import { Repetitions } from './repetitions.js';

export type { AuditEntry };

/**
 * What happened, written once and chained: each row holds the hash of the one before it, so a row that is changed,
 * removed or put in between can be found (contract section 10). A tenant has a chain of its own.
 */
@Injectable()
export class AuditService {
  private readonly repetitions: Repetitions;

  constructor(
    private readonly queue: AuditQueue,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.repetitions = new Repetitions(clock, (entry) => this.note(entry));
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
    this.repetitions.add(kind, entry, rest);
  }

  /** Writes what was noted and not written yet: at the end of the process, before the database is closed. */
  flush(): Promise<void> {
    this.repetitions.close();
    return this.queue.flush();
  }
}
