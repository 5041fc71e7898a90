import { Injectable } from '@nestjs/common';
import { Database } from '../../storage/database.js';
import { Replicas } from '../../storage/replicas.js';
import type { TurnAnswer, TurnRequest } from './budget-turn.js';

interface Row {
  readonly granted: boolean;
  readonly held_cost: number;
  readonly held_tokens: number;
  readonly left_cost: number | null;
  readonly left_tokens: number | null;
  readonly unspent_cost: number | null;
  readonly unspent_tokens: number | null;
  readonly elsewhere: boolean;
  readonly continued: boolean;
  readonly in_window: Date;
  readonly ends_in_ms: number | null;
}

const TURN = `SELECT * FROM doorward_budget_turn($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`;

/** This gateway's turns at the budgets in the database. */
@Injectable()
export class BudgetTurns {
  constructor(
    private readonly database: Database,
    private readonly replicas: Replicas,
  ) {}

  /** As `TakeTurn`, for one purse. */
  of(budgetId: string): (request: TurnRequest) => Promise<TurnAnswer | undefined> {
    return (request) => this.take(budgetId, request);
  }

  private async take(
    budgetId: string,
    { nth, usedIn, used, keep, need, want }: TurnRequest,
  ): Promise<TurnAnswer | undefined> {
    // Others would take it for dead, and what it holds for used.
    await this.replicas.present();
    const amounts = [used, keep, need, want].flatMap(({ cost, tokens }) => [cost, tokens]);
    const [row] = await this.database.query<Row>(TURN, [
      budgetId,
      this.replicas.own,
      nth,
      this.replicas.shared,
      usedIn ?? null,
      ...amounts,
    ]);
    if (!row) return undefined;
    return {
      granted: row.granted,
      held: { cost: row.held_cost, tokens: row.held_tokens },
      left: { cost: row.left_cost, tokens: row.left_tokens },
      unspent: { cost: row.unspent_cost, tokens: row.unspent_tokens },
      elsewhere: row.elsewhere,
      continued: row.continued,
      window: row.in_window,
      endsInMs: row.ends_in_ms ?? undefined,
    };
  }
}
