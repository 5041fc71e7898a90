import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { tokenScopesNow } from './accounts/token-rights.js';
import type { AuthStrategy } from './auth/auth-strategy.js';
import { chainOf } from './auth/chain.js';
import { stillGiven } from './auth/house-identity.js';
import { AUTH_STRATEGIES } from './auth/strategies/index.js';
import { ConfigService } from './config/config.service.js';
import type { Identity } from './kernel/identity.js';
import { narrow, type Scope } from './kernel/scopes.js';
import { DeviceTokensService } from './pairing/device-tokens.service.js';
import { InvitesService } from './pairing/invites.service.js';
import { Database } from './storage/database.js';

/**
 * What whoever made a setup link may do at the moment when it is used: nothing once the credential has ended, whether
 * rows say so or the configuration, and never more than when it was made.
 */
@Injectable()
export class MakerRights implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly deviceTokens: DeviceTokensService,
    private readonly config: ConfigService,
    @Inject(AUTH_STRATEGIES) private readonly strategies: readonly AuthStrategy[],
    private readonly invites: InvitesService,
  ) {}

  onModuleInit(): void {
    this.invites.askWhoMadeThem((maker) => this.now(maker));
  }

  private async now(maker: Identity): Promise<readonly Scope[]> {
    const config = this.config.current;
    const strategy = this.strategies.find(({ method }) => method === maker.method);
    const isAsked = chainOf(this.strategies, config).includes(maker.method);
    if (!isAsked || !strategy?.stands(maker, config) || !stillGiven(maker, config)) return [];
    return narrow(await this.fromRows(maker), maker.scopes);
  }

  /** What rows give, they take back; what the configuration gives stands when the configuration does. */
  private fromRows(maker: Identity): Promise<readonly Scope[]> {
    if (maker.method === 'gateway-token') return this.ofToken(maker);
    if (maker.method === 'device-token') return this.deviceTokens.scopesNow(maker);
    return Promise.resolve(maker.scopes);
  }

  private async ofToken({ credential }: Identity): Promise<readonly Scope[]> {
    const id = /^gateway-token:([0-9a-f-]{36})$/.exec(credential)?.[1];
    return id === undefined ? [] : tokenScopesNow(this.database, id);
  }
}
