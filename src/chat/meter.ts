import type { ModelRef } from '../credentials/model-ref.js';
import type { Soon } from '../kernel/soon.js';
import type { ModelCall, TokenUsage } from './model-call.js';

/** Token of the port by which calls are paid for. */
export const METER = Symbol('METER');

/** Keeps the books of what models cost, and says when a budget is used up. */
export interface Meter {
  /**
   * Asked before the first byte goes upstream; answers at once when no budget concerns the call. Rejects with
   * Refused('insufficient_quota') naming the budget. `estimate` is the most that the call can come to.
   */
  reserve(call: ModelCall, estimate: TokenUsage): Soon<Reservation>;
}

/** What was set aside for one call. */
export interface Reservation {
  /** Called once, when the call is over, however it ended. Without usage: nothing was used, or nothing is known. */
  settle(usage: TokenUsage | undefined, model: ModelRef): void;
}

/** Keeps no books: for a gateway, or a test, that bounds nothing. */
export const NO_METER: Meter = { reserve: () => ({ settle: () => undefined }) };
