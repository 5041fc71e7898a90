import { Injectable } from '@nestjs/common';
import type { ErrorCode } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import type { Step } from './attempt.js';
import type { Surface } from './evidence.js';

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

/** The traces that one gateway remembers of each kind. */
const REMEMBERED = 4096;

/**
 * Remembers the last decisions, bounded under any flood. Refusals have a ring of their own: those are asked about, and
 * busy good clients must not push them out. Writing is on everybody's path, asking is rare: so asking does the search.
 */
@Injectable()
export class DecisionTrace {
  private readonly successes = new Ring<Decision>(REMEMBERED);
  private readonly refusals = new Ring<Decision>(REMEMBERED);

  record(decision: Decision): void {
    (decision.code === undefined ? this.successes : this.refusals).add(decision);
  }

  find(requestId: string): Decision | undefined {
    const isIt = (decision: Decision): boolean => decision.requestId === requestId;
    return this.refusals.find(isIt) ?? this.successes.find(isIt);
  }
}

class Ring<T> {
  private readonly items: T[] = [];
  private next = 0;

  constructor(private readonly capacity: number) {}

  add(item: T): void {
    this.items[this.next] = item;
    this.next = (this.next + 1) % this.capacity;
  }

  find(matches: (item: T) => boolean): T | undefined {
    return this.items.find(matches);
  }
}
