import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AuditService } from './audit/audit.service.js';
import { ConfigError } from './config/config-error.js';
import { ConfigService, type ReloadOutcome } from './config/config.service.js';
import { HOUSE_TENANT } from './kernel/identity.js';
import { Readiness } from './kernel/readiness.js';
import { SecretsService } from './secrets/secrets.service.js';

const MOST_NAMED = 20;

/** Writes down every reload of configuration and secrets (contract section 10), and says in `/ready` when secrets are stale. */
@Injectable()
export class ReloadRecords implements OnModuleInit {
  constructor(
    private readonly config: ConfigService,
    private readonly secrets: SecretsService,
    private readonly audit: AuditService,
    private readonly readiness: Readiness,
  ) {}

  onModuleInit(): void {
    this.config.onReload((outcome) => this.record(outcome));
    this.readiness.alsoAsk(() => {
      const health = this.secrets.health.current;
      if (health.state === 'healthy') return [];
      return [
        {
          part: 'secrets',
          reason: `not fetched since ${new Date(health.since).toISOString()}; those of before are used`,
        },
      ];
    });
  }

  private record(outcome: ReloadOutcome): void {
    for (const { trigger, actor = 'gateway', requestId, path } of outcome.causes) {
      if (trigger === 'settle') continue; // a part of the start, or of a profile's own change
      const action = trigger === 'rpc' || trigger === 'rest' || trigger === 'retry' ? 'secrets' : 'config';
      this.audit.note({
        tenantId: HOUSE_TENANT,
        actor,
        action: `${action}.${'next' in outcome ? 'reloaded' : 'reload-refused'}`,
        ...(requestId !== undefined && { requestId }),
        detail: { trigger, ...(path !== undefined && { path }), ...detailOf(outcome) },
      });
    }
  }
}

/** Names of what was wrong, as the log has them; sentences may be long, and names are what is looked for later. */
function detailOf(outcome: ReloadOutcome): Readonly<Record<string, unknown>> {
  if ('next' in outcome) return { version: outcome.next.version };
  const { error } = outcome;
  if (!(error instanceof ConfigError)) return { fault: true };
  return { paths: error.errors.slice(0, MOST_NAMED).map(({ path }) => path) };
}
