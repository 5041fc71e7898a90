import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { Unavailable } from '../kernel/errors.js';
import { LOG, type Log } from '../kernel/log.js';
import { Database } from '../storage/database.js';
import { addToChain, type AuditEntry } from './audit-chain.js';

/** Noted rows are in the database within a second. */
const FLUSH_AFTER_MS = 250;

/** What waits at most, through an outage too: some megabytes. */
const MOST_WAITING = 20_000;

/** Rows of one transaction: the embedded database has one session, and others want it too. */
const BATCH = 500;

interface Noted {
  readonly entry: AuditEntry;
  /** By our clock, in milliseconds since the epoch. */
  readonly at: number;
}

/**
 * Rows that nobody may wait for: written a moment later, many at a time, each tenant's in its own transaction. What
 * there was no room for, and what the database refuses, is counted, and the count is a row like any other.
 */
@Injectable()
export class AuditQueue {
  private waiting: Noted[] = [];
  private readonly lost = new Map<string, number>();
  /** Rows that there was no room for, or that could not be written, since the start. */
  private lostEver = 0;
  private running: Promise<void> | undefined;
  private cancel: (() => void) | undefined;

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** How many rows wait to be written, and how many were lost since the start. */
  get state(): { readonly waiting: number; readonly lost: number } {
    return { waiting: this.waiting.length, lost: this.lostEver };
  }

  /** Never waits and never fails. Without a database nothing is kept. */
  add(entry: AuditEntry): void {
    if (this.database.mode === 'none') return;
    if (this.waiting.length >= MOST_WAITING) this.loseNow(entry.tenantId);
    else this.waiting.push({ entry, at: this.clock.now() });
    this.cancel ??= this.clock.after(FLUSH_AFTER_MS, () => void this.flush());
  }

  /** Writes what waits. Resolves when it is written, or cannot be at the moment: then it is tried again later. */
  flush(): Promise<void> {
    this.cancel?.();
    this.cancel = undefined;
    // What comes meanwhile is written after it, not beside it.
    this.running = (this.running ?? Promise.resolve()).then(() => this.writeAll());
    return this.running;
  }

  private async writeAll(): Promise<void> {
    for (let batch = this.next(); batch.length > 0; batch = this.next()) {
      if (!(await this.write(batch))) return;
    }
  }

  /** Rows of one tenant, in their order: where one cannot be written, all but that one. False: nothing can be, now. */
  private async write(batch: readonly Noted[]): Promise<boolean> {
    const parts = [batch];
    for (let part = parts.shift(); part; part = parts.shift()) {
      const rows = part;
      try {
        await this.database.asTenant(rows[0]!.entry.tenantId, (manager) => addToChain(this.aged(rows), manager));
      } catch (error) {
        if (error instanceof Unavailable) {
          this.putBack([rows, ...parts].flat());
          return false;
        }
        const middle = isOfNobody(error) ? 0 : rows.length >> 1;
        if (middle > 0) parts.unshift(rows.slice(0, middle), rows.slice(middle));
        else this.giveUp(rows, error);
      }
    }
    return true;
  }

  /** They would fail for ever, and everybody else with them. */
  private giveUp(rows: readonly Noted[], error: unknown): void {
    const [{ entry }] = rows as [Noted];
    this.log.error('audit: rows could not be written', {
      event: LOST,
      tenant: entry.tenantId,
      action: entry.action,
      count: rows.length,
      error,
    });
    for (const { entry: one } of rows) if (one.action !== LOST) this.loseNow(one.tenantId);
  }

  /** The oldest that wait, of one tenant; first of all how many of it were lost. */
  private next(): Noted[] {
    const [lost] = this.lost;
    const tenantId = lost?.[0] ?? this.waiting[0]?.entry.tenantId;
    if (tenantId === undefined) return [];
    const batch: Noted[] = [];
    if (lost) {
      this.lost.delete(tenantId);
      const entry = { tenantId, actor: 'gateway', action: LOST, detail: { count: lost[1] } };
      batch.push({ entry, at: this.clock.now() });
    }
    const rest: Noted[] = [];
    for (const noted of this.waiting) {
      if (noted.entry.tenantId === tenantId && batch.length < BATCH) batch.push(noted);
      else rest.push(noted);
    }
    this.waiting = rest;
    return batch;
  }

  private putBack(batch: readonly Noted[]): void {
    const kept = batch.filter(({ entry }) => entry.action !== LOST);
    for (const { entry } of batch) {
      if (entry.action === LOST) this.lose(entry.tenantId, entry.detail!['count'] as number);
    }
    this.waiting = [...kept, ...this.waiting];
    for (const { entry } of this.waiting.splice(MOST_WAITING)) this.loseNow(entry.tenantId);
    this.cancel ??= this.clock.after(FLUSH_AFTER_MS, () => void this.flush());
  }

  private loseNow(tenantId: string): void {
    this.lostEver += 1;
    this.lose(tenantId, 1);
  }

  private lose(tenantId: string, count: number): void {
    this.lost.set(tenantId, (this.lost.get(tenantId) ?? 0) + count);
  }

  private aged(batch: readonly Noted[]) {
    const now = this.clock.now();
    return batch.map(({ entry, at }) => ({ ...entry, agoMs: now - at }));
  }
}

const LOST = 'audit.lost';

/** Their tenant is no more (foreign_key_violation): each of them would fail alike. */
function isOfNobody(error: unknown): boolean {
  const { code } = (error as { readonly driverError?: { readonly code?: unknown } }).driverError ?? {};
  return code === '23503';
}
