import type { AuditEntry } from '../audit/audit.service.js';
import type { Connection } from './connection.js';

/** A WebSocket that was let in, as the audit remembers it: by which credential (never its value), for whom, from where. */
export function openedRow({ id, identity, client }: Connection, source: string): AuditEntry {
  const { tenantId, method, subject, credential, user, userId, deviceId, role } = identity;
  return {
    tenantId,
    actor: `${method}:${subject}`,
    action: 'connection.opened',
    target: `address:${source}`,
    requestId: id,
    detail: { method, credential, user, userId, deviceId, role, client: client.id },
  };
}
