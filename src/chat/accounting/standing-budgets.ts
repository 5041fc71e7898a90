import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CLOCK, type Clock } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import { HOUSE_TENANT, type Identity } from '../../kernel/identity.js';
import { LOG, type Log } from '../../kernel/log.js';
import { Changes } from '../../storage/changes.js';
import { Database } from '../../storage/database.js';
import { type Amount, NOTHING, plus } from './amount.js';
import { USER_OF_BUDGET } from './budget-rows.js';
import type { StandingBudget } from './budget.js';
import { BudgetTurns } from './budget-turns.js';
import { Purse } from './purse.js';
import { userKey } from './user-key.js';

/** A budget, and what this gateway holds of it. */
export interface Held {
  readonly budget: StandingBudget;
  readonly purse: Purse;
}

interface Row extends Omit<StandingBudget, 'limits'> {
  readonly limitCost: number | null;
  readonly limitTokens: number | null;
}

const NONE: readonly Held[] = [];
/** While no notices come, the rows are asked again this often. */
const STALE_MS = 1000;

/**
 * Every budget, in memory: a call that none concerns asks no database. Notices tell of each change. An agent's budget of
 * the house counts what all tenants ask of it, that of a tenant its own.
 */
@Injectable()
export class StandingBudgets implements OnModuleInit {
  private readonly byId = new Map<string, Held>();
  private readonly bySubject = new Map<string, Held[]>();
  private isKnown = false;
  private readAt = -Infinity;
  /** How often notices may have been missed, or what they told of could not be read. */
  private gaps = 0;
  private readInGap = 0;
  /** One read after the other: two at once could tell of two moments, in the wrong order. */
  private reads: Promise<unknown> = Promise.resolve();
  /** Reads that have not begun: whoever asks meanwhile has the same. */
  private next: Promise<void> | undefined;
  private nextChanged: Promise<void> | undefined;
  private readonly toRead = new Set<string>();
  /** Those that calls were held against and that have something to say of it. */
  private readonly active = new Set<Purse>();

  constructor(
    private readonly database: Database,
    private readonly changes: Changes,
    private readonly turns: BudgetTurns,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onModuleInit(): void {
    if (this.database.mode === 'none') return;
    this.changes.subscribe(({ kind, id }) => {
      if (kind === 'budget') this.quietly(this.reread(id));
      if (kind === 'budget-recall') this.quietly(this.byId.get(id)?.purse.report(true));
    });
    this.changes.onGap(() => {
      this.gaps += 1;
      this.quietly(this.readAll());
    });
    this.database.onReady(() => this.quietly(this.readAll()));
  }

  /** Whether calls can be held against budgets without waiting for the database. */
  get areKnown(): boolean {
    if (this.database.mode === 'none') return true;
    if (!this.isKnown || this.readInGap !== this.gaps) return false;
    return this.changes.live || this.clock.now() - this.readAt < STALE_MS;
  }

  /**
   * Resolves when the budgets are known. While the database is away those of before count; without any the answer is
   * Unavailable: whoever set a budget wants it kept.
   */
  async know(): Promise<void> {
    if (this.areKnown) return;
    const cause: unknown = await this.readAll().catch((error: unknown) => error);
    if (!this.isKnown) throw new Unavailable('budgets: not known yet', { cause });
  }

  /** The budgets that a call of this caller to this agent is held against. */
  concerning(caller: Identity, agent: string): readonly Held[] {
    if (this.byId.size === 0) return NONE;
    const { tenantId } = caller;
    const user = userKey(caller);
    const found = [...this.of('tenant', tenantId, tenantId), ...this.of('agent', tenantId, agent)];
    if (user !== '') found.push(...this.of('user', tenantId, user));
    if (tenantId !== HOUSE_TENANT) found.push(...this.of('agent', HOUSE_TENANT, agent));
    return found;
  }

  /** A call drew on it: it has something to say from now on. */
  touch({ purse }: Held): void {
    this.active.add(purse);
  }

  /** Reads one budget anew: resolves when calls of this gateway are held against it as it is now. */
  reread(id: string): Promise<void> {
    this.toRead.add(id);
    this.nextChanged ??= this.afterOthers(() => {
      this.nextChanged = undefined;
      return this.readChanged();
    });
    return this.nextChanged;
  }

  /** Has every purse say what was used. Rejects with Unavailable, after all were asked. */
  async report(all = false): Promise<void> {
    const purses = [...this.active];
    const said = await Promise.allSettled(purses.map((purse) => purse.report(all)));
    for (const purse of purses) if (purse.isQuiet) this.active.delete(purse);
    const failed = said.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** What this gateway holds of all of them. */
  get reserved(): Amount {
    return [...this.active].reduce((sum, { reserved }) => plus(sum, reserved), NOTHING);
  }

  private of(scope: string, tenantId: string, subject: string): readonly Held[] {
    return this.bySubject.get(`${scope} ${tenantId} ${subject}`) ?? NONE;
  }

  private readAll(): Promise<void> {
    this.next ??= this.afterOthers(() => {
      this.next = undefined;
      return this.read();
    });
    return this.next;
  }

  private afterOthers(read: () => Promise<void>): Promise<void> {
    const done = this.reads.then(read);
    this.reads = done.catch(() => void (this.gaps += 1)); // whoever asked for it is told
    return done;
  }

  private async read(): Promise<void> {
    this.toRead.clear();
    const { gaps } = this;
    const askedAt = this.clock.now();
    const rows = await this.database.query<Row>(BUDGETS);
    const there = new Set(rows.map(({ id }) => id));
    for (const id of this.byId.keys()) if (!there.has(id)) this.forget(id);
    for (const row of rows) this.keep(row);
    this.isKnown = true;
    this.readInGap = gaps;
    this.readAt = askedAt;
  }

  private async readChanged(): Promise<void> {
    const ids = [...this.toRead];
    if (ids.length === 0) return; // they were among all
    this.toRead.clear();
    const rows = await this.database.query<Row>(`${BUDGETS} WHERE b.id = ANY($1::uuid[])`, [ids]);
    const there = new Set(rows.map(({ id }) => id));
    for (const id of ids) if (!there.has(id)) this.forget(id);
    for (const row of rows) this.keep(row);
  }

  private keep({ limitCost, limitTokens, ...row }: Row): void {
    const budget = { ...row, limits: { cost: limitCost, tokens: limitTokens } };
    const known = this.byId.get(row.id);
    const isAsLarge = known?.budget.limits.cost === limitCost && known.budget.limits.tokens === limitTokens;
    if (isAsLarge && known.budget.name === row.name) return;
    if (known) this.forget(row.id, false);

    const take = this.turns.of(row.id);
    const recall = (): Promise<void> => this.changes.publish({ kind: 'budget-recall', id: row.id });
    const purse = known?.purse ?? new Purse(budget.limits, take, this.clock, recall);
    const held = { budget, purse };
    this.byId.set(row.id, held);
    const subject = subjectOf(budget);
    this.bySubject.set(subject, [...(this.bySubject.get(subject) ?? []), held]);
    if (known && !isAsLarge) this.quietly(purse.change(budget.limits));
  }

  private forget(id: string, isRemoved = true): void {
    const held = this.byId.get(id);
    if (!held) return;
    if (isRemoved) held.purse.remove();
    this.byId.delete(id);
    const subject = subjectOf(held.budget);
    const others = (this.bySubject.get(subject) ?? []).filter((other) => other !== held);
    if (others.length === 0) this.bySubject.delete(subject);
    else this.bySubject.set(subject, others);
  }

  /** For what is tried again by itself: at the next report, the next notice, the next time the database is ready. */
  private quietly(work: Promise<void> | undefined): void {
    work?.catch((error: unknown) => this.log.debug('budgets: could not be read or reported yet', { error }));
  }
}

const subjectOf = ({ scope, tenantId, subject }: StandingBudget): string => `${scope} ${tenantId} ${subject}`;

const BUDGETS = `
  SELECT b.id, b.tenant_id AS "tenantId", b.scope, b.subject, b.period, b.limit_cost AS "limitCost",
         b.limit_tokens AS "limitTokens", coalesce(u.email, b.subject) AS name
    FROM budgets b
    ${USER_OF_BUDGET}`;
