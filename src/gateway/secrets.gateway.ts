import { Inject, type OnModuleInit } from '@nestjs/common';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { Refused } from '../kernel/errors.js';
import { HOUSE_TENANT, type Identity } from '../kernel/identity.js';
import { covers } from '../kernel/scopes.js';
import type { SecretHealth } from '../secrets/secret-health.js';
import { SecretsService } from '../secrets/secrets.service.js';
import type { Connection } from './connection.js';
import { Connections } from './connections.js';
import { Method, RpcGateway } from './rpc.js';

/** Secrets over the wire, for the house's own admins: fetched anew at their word, and what becomes of outages. */
@RpcGateway()
export class SecretsGateway implements OnModuleInit {
  constructor(
    private readonly secrets: SecretsService,
    private readonly connections: Connections,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.secrets.health.onTurn((health) => this.tell(health));
  }

  @Method('secrets.reload', {
    scope: 'operator.admin',
    summary: 'Fetch all secrets anew, and read the configuration with them: all of it, or nothing.',
  })
  async reload(_params: unknown, caller: Identity, { id }: Connection): Promise<object> {
    if (!isOfTheHouse(caller)) throw new Refused('missing_scope', { scope: 'operator.admin' });
    const actor = `${caller.method}:${caller.subject}`;
    const { warnings, ...reloaded } = await this.secrets.reload({ trigger: 'rpc', actor, requestId: id });
    return { ok: true, ...reloaded, warningCount: warnings.length, warnings };
  }

  private tell(health: SecretHealth): void {
    const [event, payload] =
      health.state === 'degraded'
        ? ['secrets.degraded', { code: 'SECRETS_RELOADER_DEGRADED', since: health.since, failing: health.failing }]
        : ['secrets.recovered', { code: 'SECRETS_RELOADER_RECOVERED' }];
    for (const connection of this.connections) {
      const { identity } = connection;
      if (!isOfTheHouse(identity) || !covers(identity.scopes, 'operator.admin')) continue;
      connection.emit(event, { ...payload, ts: this.clock.now() });
    }
  }
}

const isOfTheHouse = ({ tenantId }: Identity): boolean => tenantId === HOUSE_TENANT;
