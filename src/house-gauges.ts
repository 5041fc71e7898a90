import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from './audit/audit.service.js';
import { ConfigService } from './config/config.service.js';
import { METRICS, type Metrics } from './kernel/metrics.js';
import { Readiness } from './kernel/readiness.js';
import { VERSION } from './kernel/version.js';

/** How the house as a whole is, in numbers. */
@Injectable()
export class HouseGauges {
  constructor(readiness: Readiness, audit: AuditService, config: ConfigService, @Inject(METRICS) metrics: Metrics) {
    metrics.gauge(
      { name: 'doorward_build_info', help: 'Always 1; the version is in its label', labels: ['version'] },
      () => [{ labels: [VERSION], value: 1 }],
    );
    metrics.gauge(
      { name: 'doorward_ready', help: '1 while every part that the gateway needs is in order, else 0' },
      () => [{ value: readiness.failing().length === 0 ? 1 : 0 }],
    );
    metrics.gauge(
      {
        name: 'doorward_part_impaired',
        help: '1 for each part that is failing or degraded',
        labels: ['part', 'state'],
      },
      () => [
        ...readiness.failing().map(({ part }) => ({ labels: [part, 'failing'], value: 1 })),
        ...readiness.degraded().map(({ part }) => ({ labels: [part, 'degraded'], value: 1 })),
      ],
    );
    metrics.gauge({ name: 'doorward_audit_waiting_rows', help: 'Audit rows that are not written yet' }, () => [
      { value: audit.backlog.waiting },
    ]);
    metrics.total(
      {
        name: 'doorward_audit_lost_rows_total',
        help: 'Audit rows that there was no room for, or that could not be written',
      },
      () => [{ value: audit.backlog.lost }],
    );
    const reloads = metrics.counter({
      name: 'doorward_config_reloads_total',
      help: 'Reloads of configuration and secrets: swapped, or refused and nothing changed',
      labels: ['outcome'],
    });
    config.onReload((outcome) => reloads.add(['next' in outcome ? 'swapped' : 'refused']));
  }
}
