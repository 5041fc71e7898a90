import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { STATE_DIR } from '../config/config.module.js';
import { ConfigService } from '../config/config.service.js';
import { ProviderVariables } from '../config/provider-variables.js';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { Changes } from '../storage/changes.js';
import { DataKeys } from '../storage/data-keys.js';
import { Database } from '../storage/database.js';
import { StorageModule } from '../storage/storage.module.js';
import { agents } from './agents.js';
import { AuthOrderService } from './auth-order.service.js';
import { CredentialsService } from './credentials.service.js';
import { KeyRotationService } from './keys/key-rotation.service.js';
import { LoginUpkeep } from './login-upkeep.js';
import { ModelsSettings } from './models.settings.js';
import { ProfileSecrets } from './profile-secrets.js';
import { PROFILE_STORE, type ProfileStore } from './profile-store.js';
import { ProfilesService } from './profiles.service.js';
import { REFRESHER, type Refresher } from './refresher.js';
import { DatabaseProfileStore } from './stores/database.profile-store.js';
import { FileProfileStore } from './stores/file.profile-store.js';
import { RefreshRecords } from './refresh/refresh-records.js';
import { ExpiryWatch } from './status/expiry-watch.js';
import { ModelStatusService } from './status/model-status.service.js';
import { StatusViews } from './status/status-views.js';
import { UsageBook } from './usage-book.js';
import { UsageFlush } from './usage-flush.js';

/** The credentials of model providers: where they are, which one is used, and how they stay good. */
@Module({
  imports: [StorageModule, AuditModule],
  providers: [
    {
      provide: PROFILE_STORE,
      useFactory: storeOf,
      inject: [ConfigService, STATE_DIR, Database, Changes, DataKeys],
    },
    {
      provide: UsageBook,
      useFactory: (store: ProfileStore, clock: Clock) => new UsageBook(store, clock),
      inject: [PROFILE_STORE, CLOCK],
    },
    {
      provide: CredentialsService,
      useFactory: (
        store: ProfileStore,
        usage: UsageBook,
        secrets: ProfileSecrets,
        refresher: Refresher,
        clock: Clock,
      ) => {
        const sources = {
          variables: (config: ConfigService['current']) => config.get(ProviderVariables).values,
          secretOf: secrets.secretOf.bind(secrets),
          fresh: refresher.fresh.bind(refresher),
        };
        return new CredentialsService(store, usage, sources, clock);
      },
      inject: [PROFILE_STORE, UsageBook, ProfileSecrets, REFRESHER, CLOCK],
    },
    { provide: REFRESHER, useClass: LoginUpkeep },
    ProfileSecrets,
    RefreshRecords,
    UsageFlush,
    AuthOrderService,
    KeyRotationService,
    ProfilesService,
    ModelStatusService,
    StatusViews,
    ExpiryWatch,
  ],
  exports: [
    ProfilesService,
    ModelStatusService,
    StatusViews,
    PROFILE_STORE,
    REFRESHER,
    UsageBook,
    CredentialsService,
    AuthOrderService,
    KeyRotationService,
  ],
})
export class CredentialsModule {}

/** Chosen at the start: a store does not move while somebody works with it. */
function storeOf(
  config: ConfigService,
  stateDir: string,
  database: Database,
  changes: Changes,
  keys: DataKeys,
): ProfileStore {
  if (config.current.get(ModelsSettings).store === 'database') return new DatabaseProfileStore(database, changes, keys);
  return new FileProfileStore(stateDir, { get: (id) => config.current.once(agents).get(id)?.directory });
}
