import type { ExecutionContext } from '@nestjs/common';
import type { Identity } from '../kernel/identity.js';
import type { Scope } from '../kernel/scopes.js';
import type { Evidence } from './evidence.js';
import type { Admission } from './failure-limiter.js';
import type { Step } from './trail.js';

/** Who may call a route or a method: everybody, or whoever holds a scope. What says nothing needs admin. */
export type Access = 'public' | Scope;

/** What the guards work on, at both edges: a REST request, or a WebSocket `connect`. */
export interface Carrier {
  readonly evidence: Evidence;
  readonly access: Access;
  /** Set where something concerns the whole house: a tenant's own admin has no say there. */
  readonly house?: boolean;
  /** Set by FailureThrottlerGuard, settled by PrioritizedAuthGuard. */
  admission?: Admission;
  /** Set by PrioritizedAuthGuard: the number of revocations before it judged (`Stays`). */
  epoch?: number;
  /** Set by PrioritizedAuthGuard, with what each method said. */
  identity?: Identity;
  steps?: readonly Step[];
}

/** REST keeps the carrier on the request; a WebSocket `connect` handler receives it as its data. */
export function carrierOf(context: ExecutionContext): Carrier {
  return context.getType() === 'ws'
    ? context.switchToWs().getData<Carrier>()
    : context.switchToHttp().getRequest<{ carrier: Carrier }>().carrier;
}
