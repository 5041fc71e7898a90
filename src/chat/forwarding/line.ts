import type { DeliveryGround, Outcome } from './delivery.js';

/** What a sink is told about its request, and what it can do about it. */
export interface Line {
  readonly ground: DeliveryGround;
  settle(outcome: Outcome): void;
  pause(): void;
  resume(): void;
  /** Ends the request: no more of its answer is wanted. */
  hangUp(): void;
}
