import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Refused } from '../kernel/errors.js';
import { HOUSE_TENANT } from '../kernel/identity.js';
import { covers } from '../kernel/scopes.js';
import { carrierOf } from './carrier.js';
import { Decisions } from './decisions.js';

/** May this identity do that? Scopes come from our records alone; the route or method says which one it needs. */
@Injectable()
export class ScopeGuard implements CanActivate {
  constructor(private readonly decisions: Decisions) {}

  canActivate(context: ExecutionContext): true {
    const { access, house, identity, evidence, steps } = carrierOf(context);
    if (access === 'public') return true;

    const held = identity && (!house || identity.tenantId === HOUSE_TENANT) ? identity.scopes : [];
    if (covers(held, access)) return true;

    const refused = new Refused('missing_scope', { scope: access });
    this.decisions.refused(evidence, refused, steps, identity);
    throw refused;
  }
}
