import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Refused } from '../kernel/errors.js';
import { carrierOf } from './carrier.js';
import { Decisions } from './decisions.js';
import type { Evidence } from './evidence.js';
import { OwnOrigins } from './own-origins.js';

/** A web page of somebody else's is refused before any credential is looked at, in every mode (S007, S016). */
@Injectable()
export class OriginGuard implements CanActivate {
  constructor(
    private readonly origins: OwnOrigins,
    private readonly decisions: Decisions,
  ) {}

  canActivate(context: ExecutionContext): true {
    this.check(carrierOf(context).evidence);
    return true;
  }

  /** Throws Refused('origin_not_allowed'). Said twice, Node joins an Origin by a comma, and then it is nobody's. */
  check(evidence: Evidence): void {
    const { origin } = evidence.headers;
    if (origin === undefined || this.origins.admits(origin, evidence.config)) return;

    const refused = new Refused('origin_not_allowed');
    this.decisions.refused(evidence, refused);
    throw refused;
  }
}
