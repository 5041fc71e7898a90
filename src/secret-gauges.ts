import { Inject, Injectable } from '@nestjs/common';
import { ConfigService } from './config/config.service.js';
import { CLOCK, type Clock } from './kernel/clock.js';
import { METRICS, type Metrics, type Sample } from './kernel/metrics.js';
import { SecretSnapshot } from './secrets/secret-snapshot.js';
import { SecretsService } from './secrets/secrets.service.js';

/** How old the secrets in use are, and whether their providers can be reached. */
@Injectable()
export class SecretGauges {
  constructor(
    secrets: SecretsService,
    private readonly config: ConfigService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(METRICS) metrics: Metrics,
  ) {
    metrics.gauge(
      {
        name: 'doorward_secrets_degraded',
        help: '1 while secrets cannot be had anew and those of before are used, else 0',
      },
      () => [{ value: secrets.health.current.state === 'degraded' ? 1 : 0 }],
    );
    metrics.gauge({ name: 'doorward_secrets', help: 'Secrets in use that were fetched by reference' }, () => [
      { value: this.snapshot.size },
    ]);
    metrics.gauge(
      { name: 'doorward_secrets_snapshot_age_seconds', help: 'Since the secrets in use were fetched' },
      () => this.age(),
    );
  }

  private get snapshot(): SecretSnapshot {
    return this.config.current.get(SecretSnapshot);
  }

  /** Nothing for a gateway that has none: an age of no secrets would alarm somebody. */
  private age(): Sample[] {
    const { size, resolvedAt } = this.snapshot;
    return size === 0 ? [] : [{ value: (this.clock.now() - resolvedAt) / 1000 }];
  }
}
