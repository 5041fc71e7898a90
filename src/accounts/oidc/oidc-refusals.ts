import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import type { Refused } from '../../kernel/errors.js';
import { HOUSE_TENANT } from '../../kernel/identity.js';
import { LOG, type Log } from '../../kernel/log.js';
import type { SignIn } from '../user-sessions.service.js';

const ACTION = 'user.login_failed';

/** Sign-ins at providers that came to nothing: a line of the log with the reason, and rows of the audit. */
@Injectable()
export class OidcRefusals {
  constructor(
    private readonly audit: AuditService,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** `name` is the provider's. Nothing of what was shown stands in either. */
  note(
    name: string,
    { code, detail: { reason } }: Refused,
    { address = 'unknown', requestId }: Omit<SignIn, 'method'>,
  ): void {
    const method = `oidc:${name}`;
    this.log.warn('sign-in failed', { event: 'sign-in.failed', method, code, requestId, clientIp: address, reason });

    const detail = { method, code };
    const tenantId = HOUSE_TENANT;
    const target = `address:${address}`;
    const entry = { tenantId, actor: 'stranger', action: ACTION, target, requestId, detail: { ...detail, address } };
    const many = { tenantId, actor: 'many', action: ACTION, target: 'address:many', detail };
    const kind = `${ACTION} ${method} ${code}`;
    this.audit.noteOften(`${kind} ${address}`, entry, { kind, entry: many });
  }
}
