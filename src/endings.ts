import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { GatewayTokensService } from './accounts/gateway-tokens.service.js';
import type { AuthStrategy } from './auth/auth-strategy.js';
import { chainOf } from './auth/chain.js';
import { AUTH_STRATEGIES } from './auth/strategies/index.js';
import { ConfigService } from './config/config.service.js';
import type { ConfigSnapshot } from './config/settings.js';
import { Connections } from './gateway/connections.js';
import { LOG, type Log } from './kernel/log.js';
import { DeviceTokensService } from './pairing/device-tokens.service.js';
import { type Change, Changes } from './storage/changes.js';

/** Closes sockets whose credential has gone: revoked anywhere, or no longer what the configuration says. */
@Injectable()
export class Endings implements OnModuleInit {
  constructor(
    private readonly changes: Changes,
    private readonly connections: Connections,
    private readonly gatewayTokens: GatewayTokensService,
    private readonly deviceTokens: DeviceTokensService,
    private readonly config: ConfigService,
    @Inject(AUTH_STRATEGIES) private readonly strategies: readonly AuthStrategy[],
    @Inject(LOG) private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.changes.subscribe((change) => this.end(change));
    this.changes.onGap(() => void this.lookAgain());
    this.config.onChange((next) => this.judgeAnew(next));
  }

  private end({ kind, id }: Change): void {
    switch (kind) {
      case 'gateway-token':
      case 'device-token':
        return void this.connections.close('credential', `${kind}:${id}`);
      case 'device':
      case 'user':
      case 'tenant':
        return void this.connections.close(kind, id);
      case 'session':
        // A connection does not know its sign-in; whether its token outlived it, the rows know.
        return void this.lookAgain();
    }
  }

  /** After notices were missed, the rows are asked about every credential that is in use. */
  private async lookAgain(): Promise<void> {
    const inUse = [...this.connections].map(({ identity }) => identity);
    const tokens = new Set(
      inUse.filter(({ method }) => method === 'gateway-token').map(({ credential }) => idIn(credential)),
    );
    const devices = new Set(inUse.flatMap(({ method, deviceId }) => (method === 'device-token' ? [deviceId!] : [])));
    if (tokens.size === 0 && devices.size === 0) return;
    try {
      for (const id of await this.gatewayTokens.endedAmong([...tokens]))
        this.connections.close('credential', `gateway-token:${id}`);
      for (const id of await this.deviceTokens.endedAmong([...devices])) this.connections.close('device', id);
    } catch (error) {
      // The channel breaks again with the database, and its return asks again.
      this.log.warn('credentials in use could not be looked up', { error });
    }
  }

  private judgeAnew(config: ConfigSnapshot): void {
    const chain = chainOf(this.strategies, config);
    for (const { identity } of this.connections) {
      const strategy = this.strategies.find(({ method }) => method === identity.method);
      const stands = chain.includes(identity.method) && strategy?.stands(identity, config);
      if (!stands) this.connections.close('credential', identity.credential);
    }
  }
}

const idIn = (credential: string): string => credential.slice(credential.indexOf(':') + 1);
