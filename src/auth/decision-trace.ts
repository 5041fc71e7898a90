import { Injectable } from '@nestjs/common';
import type { ErrorCode } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import { DecisionRing } from './decision-ring.js';
import type { Surface } from './evidence.js';
import type { Step } from './trail.js';

/** How one caller was judged: what `doorward auth explain <requestId>` shows, and the caller never sees. */
export interface Decision {
  readonly requestId: string;
  readonly at: number;
  readonly surface: Surface;
  readonly client: string | undefined;
  readonly peer: string;
  readonly identity?: Identity;
  /** What the caller was told; undefined after a success. */
  readonly code?: ErrorCode;
  readonly steps: readonly Step[];
}

/** The decisions that one gateway remembers of each kind. */
const REMEMBERED = 4096;

/**
 * Remembers the last decisions, bounded under any flood. Refusals have a ring of their own: those are asked about, and
 * busy good clients must not push them out. Writing is on everybody's path, asking is rare: so asking does the search.
 */
@Injectable()
export class DecisionTrace {
  private readonly successes = new DecisionRing(REMEMBERED);
  private readonly refusals = new DecisionRing(REMEMBERED);

  record(decision: Decision): void {
    (decision.code === undefined ? this.successes : this.refusals).add(decision);
  }

  find(requestId: string): Decision | undefined {
    return this.refusals.find(requestId) ?? this.successes.find(requestId);
  }
}
