import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Refused } from '../kernel/errors.js';
import { HOUSE_TENANT } from '../kernel/identity.js';
import { covers } from '../kernel/scopes.js';
import { type Carrier, carrierOf } from './carrier.js';
import { Decisions } from './decisions.js';

/** May this identity do that? Scopes come from our records alone; the route or method says which one it needs. */
@Injectable()
export class ScopeGuard implements CanActivate {
  constructor(private readonly decisions: Decisions) {}

  canActivate(context: ExecutionContext): true {
    this.check(carrierOf(context));
    return true;
  }

  /** Throws Refused('missing_scope'). */
  check({ access, house, identity, evidence, steps }: Carrier): void {
    if (access === 'public') return;

    const held = identity && (!house || identity.tenantId === HOUSE_TENANT) ? identity.scopes : [];
    if (covers(held, access)) return;

    const refused = new Refused('missing_scope', { scope: access });
    this.decisions.refused(evidence, refused, steps, identity);
    throw refused;
  }
}
