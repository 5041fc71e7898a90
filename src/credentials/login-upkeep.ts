import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ConfigService } from '../config/config.service.js';
import { ProviderVariables } from '../config/provider-variables.js';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { LOG, type Log } from '../kernel/log.js';
import { MAIN_AGENT } from './agent-id.js';
import { agents } from './agents.js';
import { oauthProviders } from './oauth/oauth-provider.js';
import { OAuthSettings } from './oauth/oauth.settings.js';
import { PROFILE_STORE, type ProfileStore } from './profile-store.js';
import type { OAuthProfile } from './profile.js';
import { RefreshAhead } from './refresh/refresh-ahead.js';
import { RefreshRecords } from './refresh/refresh-records.js';
import type { RefreshService } from './refresh/refresh.service.js';
import type { Refresher } from './refresher.js';
import { CliLogins, cliPlaces } from './sync/cli-logins.js';
import { CliSync } from './sync/cli-sync.js';

/** How often the logins of other programs are looked at; a request that needs one looks by itself. */
const SYNC_EVERY_MS = 15 * 60_000;

/** Keeps logins good while the gateway runs: refreshed when they are used and before, taken over from other programs. */
@Injectable()
export class LoginUpkeep implements Refresher, OnModuleInit, OnModuleDestroy {
  private readonly ahead: RefreshAhead;
  private service: Promise<RefreshService> | undefined;
  private cliSync: CliSync | undefined;
  private stopSync = (): void => {};
  private end = (): Promise<void> => Promise.resolve();

  constructor(
    @Inject(PROFILE_STORE) private readonly store: ProfileStore,
    private readonly config: ConfigService,
    private readonly records: RefreshRecords,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
  ) {
    const refresh: Pick<RefreshService, 'ahead'> = {
      ahead: async (agent, id, seen) => (await this.refresh()).ahead(agent, id, seen),
    };
    this.ahead = new RefreshAhead(refresh, store, () => this.agents(), clock, log);
  }

  onModuleInit(): void {
    this.ahead.start();
    void this.takeOver();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopSync();
    this.ahead.end();
    await this.end();
  }

  async fresh(agent: string, id: string): Promise<OAuthProfile> {
    return (await this.refresh()).fresh(agent, id);
  }

  /** Made when it is first needed: what speaks with token endpoints takes longer to load than a start may. */
  private refresh(): Promise<RefreshService> {
    this.service ??= this.make().catch((error: unknown) => {
      this.service = undefined;
      throw error;
    });
    return this.service;
  }

  private async make(): Promise<RefreshService> {
    const [{ HttpClient }, { OAuthClient }, { RefreshService: Service }] = await Promise.all([
      import('./http.js'),
      import('./oauth/oauth-client.js'),
      import('./refresh/refresh.service.js'),
    ]);
    const { store, clock, log } = this;
    const http = new HttpClient(clock);
    this.end = () => http.close();
    const provider = (id: string) => this.config.current.once(oauthProviders).get(id);
    const sync = this.sync();
    const service = new Service({ store, client: new OAuthClient(http, clock), provider, sync }, clock, log);
    service.onEvent((event) => this.records.record(event));
    return service;
  }

  private async takeOver(): Promise<void> {
    this.stopSync = this.clock.after(SYNC_EVERY_MS, () => void this.takeOver());
    try {
      const changed = (await this.sync()?.sync(MAIN_AGENT)) ?? [];
      if (changed.length > 0)
        this.log.info('credentials: logins of other programs were taken over', { profiles: changed });
    } catch (error) {
      this.log.warn('credentials: logins of other programs could not be taken over', { error });
    }
  }

  /** The keychain is not asked: nobody sits before a gateway whom it could ask back. */
  private sync(): CliSync | undefined {
    if (!this.config.current.get(OAuthSettings).syncCliLogins) return undefined;
    const { places } = this.config.current.get(ProviderVariables);
    this.cliSync ??= new CliSync(this.store, new CliLogins(cliPlaces(places), this.clock), this.clock);
    return this.cliSync;
  }

  private agents(): Iterable<string> {
    return new Set([MAIN_AGENT, ...this.config.current.once(agents).keys()]);
  }
}
