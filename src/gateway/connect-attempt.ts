import type { Carrier } from '../auth/carrier.js';
import type { Evidence } from '../auth/evidence.js';
import type { Admission } from '../auth/failure-limiter.js';
import type { Identity } from '../kernel/identity.js';
import type { ConnectParams } from './connect.params.js';

/** Somebody who asks to be let in, and as what. */
export interface Applicant extends Carrier {
  readonly params: ConnectParams;
}

/** One `connect` on its way through the guards. */
export class ConnectAttempt implements Applicant {
  readonly access = 'public';
  admission?: Admission;
  epoch?: number;
  identity?: Identity;

  constructor(
    readonly evidence: Evidence,
    readonly params: ConnectParams,
  ) {}
}
