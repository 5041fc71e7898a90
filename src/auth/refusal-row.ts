import type { AuditService } from '../audit/audit.service.js';
import type { ErrorCode } from '../kernel/errors.js';
import { HOUSE_TENANT, type Identity, type Method } from '../kernel/identity.js';
import type { Evidence } from './evidence.js';

/** A refusal, as the audit remembers it: who or where from, by which method, with which code. */
interface Refusal {
  readonly evidence: Evidence;
  readonly code: ErrorCode;
  /** The method that said no last, where one was asked. */
  readonly method: Method | undefined;
  /** Who it was, where that was known: somebody who may not do what they came for. */
  readonly identity: Identity | undefined;
}

/**
 * Every refusal is a row (contract section 10), and a flood of them few: one for each address, method and code at its
 * first time in a minute, one more with the number of the others. Strangers are the house's business.
 */
export function noteRefusal(audit: AuditService, { evidence, code, method, identity }: Refusal): void {
  const { source, surface, requestId } = evidence;
  const tenantId = identity?.tenantId ?? HOUSE_TENANT;
  const actor = identity ? `${identity.method}:${identity.subject}` : 'stranger';
  const detail = { code, surface, ...(method !== undefined && { method }) };
  const same = `${tenantId} ${code} ${method ?? ''}`;
  audit.noteOften(
    `${same} ${source} ${actor}`,
    { tenantId, actor, action: ACTION, target: `address:${source}`, requestId, detail },
    { kind: same, entry: { tenantId, actor: 'many', action: ACTION, target: 'address:many', detail } },
  );
}

const ACTION = 'access.refused';
