import { Injectable } from '@nestjs/common';
import type { ErrorCode } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import { BoundedMap } from '../kernel/bounded-map.js';
import type { Step } from './attempt.js';
import type { Surface } from './evidence.js';

/** How one caller was judged: what `doorward auth explain <requestId>` shows, and the caller never sees. */
export interface Decision {
  readonly requestId: string;
  readonly at: number;
  readonly surface: Surface;
  readonly client: string | undefined;
  readonly peer: string;
  readonly identity?: Pick<Identity, 'method' | 'subject' | 'tenantId'>;
  /** What the caller was told; undefined after a success. */
  readonly code?: ErrorCode;
  readonly steps: readonly Step[];
}

/** The traces that one gateway remembers: enough for "why was I refused just now", bounded under any flood. */
const REMEMBERED = 8192;

/** Remembers the last decisions by request id. */
@Injectable()
export class DecisionTrace {
  private readonly decisions = new BoundedMap<string, Decision>(REMEMBERED);

  record(decision: Decision): void {
    this.decisions.set(decision.requestId, decision);
  }

  find(requestId: string): Decision | undefined {
    return this.decisions.get(requestId);
  }
}
