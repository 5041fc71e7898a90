import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { Carrier } from '../auth/carrier.js';
import type { Evidence } from '../auth/evidence.js';
import type { Admission } from '../auth/failure-limiter.js';
import type { Identity } from '../kernel/identity.js';
import type { ConnectParams } from './connect.params.js';

/** What the handler of `connect` is given. An interface, since pipes of the house would take a class apart and rebuild it. */
export interface Applicant extends Carrier {
  readonly params: ConnectParams;
}

/** One `connect` on its way through the guards. */
export class ConnectAttempt implements Applicant {
  readonly access = 'public';
  admission?: Admission;
  identity?: Identity;
  /** Why the guards or the handler said no. */
  failure?: unknown;

  constructor(
    readonly evidence: Evidence,
    readonly params: ConnectParams,
  ) {}
}

/** Hands a refusal back to the frame that asked, which knows the dialect; Nest would send a frame of its own. */
@Catch()
export class KeepFailure implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    host.switchToWs().getData<ConnectAttempt>().failure = error;
  }
}
