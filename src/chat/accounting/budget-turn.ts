import type { Amount } from './amount.js';
import type { Limits } from './budget.js';

/** What a purse says and asks when its turn comes (`doorward_budget_turn` of migration 0012). */
export interface TurnRequest {
  /** Counts up; the same number is the same turn, and is made once. */
  readonly nth: number;
  /** In which window that was; undefined before the first turn. */
  readonly usedIn: Date | undefined;
  /** Used since the last turn. */
  readonly used: Amount;
  /** What it goes on holding. All else of what it held is given back. */
  readonly keep: Amount;
  /** That much more or nothing … */
  readonly need: Amount;
  /** … and that much at best. */
  readonly want: Amount;
}

export interface TurnAnswer {
  readonly granted: boolean;
  readonly held: Amount;
  /** What is not used and nobody holds. */
  readonly left: Limits;
  /** What is not used. */
  readonly unspent: Limits;
  /** Whether other replicas hold parts of it. */
  readonly elsewhere: boolean;
  /** Whether what was held before still counts: not in a new window. */
  readonly continued: boolean;
  readonly window: Date;
  /** Until the window ends, in milliseconds; undefined for one without end. */
  readonly endsInMs: number | undefined;
}

/** One atomic statement. Undefined: there is no such budget any more. Rejects with Unavailable. */
export type TakeTurn = (request: TurnRequest) => Promise<TurnAnswer | undefined>;
