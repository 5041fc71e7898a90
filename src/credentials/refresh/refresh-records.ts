import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { HOUSE_TENANT } from '../../kernel/identity.js';
import { type Counter, METRICS, type Metrics } from '../../kernel/metrics.js';
import type { RefreshEvent } from './refresh-event.js';

/** Writes down what came of refreshes: a number for each, and a row for those that changed something. */
@Injectable()
export class RefreshRecords {
  private readonly counter: Counter;

  constructor(
    private readonly audit: AuditService,
    @Inject(METRICS) metrics: Metrics,
  ) {
    this.counter = metrics.counter({
      name: 'doorward_credential_refreshes_total',
      help: 'Refreshes of model logins: refreshed, failed (tried again later), refused (somebody must sign in again)',
      labels: ['provider', 'outcome'],
    });
  }

  record({ kind, agent, profile, provider, reason }: RefreshEvent): void {
    this.counter.add([provider, kind]);
    if (kind === 'failed') return; // said in the log; nothing has changed
    this.audit.note({
      tenantId: HOUSE_TENANT,
      actor: 'gateway',
      action: kind === 'refreshed' ? 'login.refreshed' : 'login.refresh-refused',
      target: `profile:${agent}/${profile}`,
      detail: { provider, ...(reason !== undefined && { reason }) },
    });
  }
}
