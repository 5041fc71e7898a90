import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { AnswerRows } from './answer-rows.js';
import { AuditModule } from './audit/audit.module.js';
import { AuthModule } from './auth/auth.module.js';
import { ConfigModule, type Ground, LOADED_CONFIG } from './config/config.module.js';
import type { LoadedConfig } from './config/load.js';
import { CredentialsModule } from './credentials/credentials.module.js';
import { Endings } from './endings.js';
import { GatewayModule } from './gateway/gateway.module.js';
import { HttpModule } from './http/http.module.js';
import { HouseGauges } from './house-gauges.js';
import { METRICS } from './kernel/metrics.js';
import { MakerRights } from './maker-rights.js';
import { Exposition } from './metrics/exposition.js';
import { MetricBook } from './metrics/metric-book.js';
import { ReloadRecords } from './reload-records.js';
import { SecretGauges } from './secret-gauges.js';
import { SecretsService } from './secrets/secrets.service.js';
import { PairingModule } from './pairing/pairing.module.js';
import { StorageModule } from './storage/storage.module.js';

/** What is made before the application is. */
export interface House extends Ground {
  readonly secrets: SecretsService;
  /** The configuration in use, with what is told of it. */
  readonly loaded: () => LoadedConfig;
}

/** The composition root: the only place, with its neighbours in this folder, that sees every other. */
@Module({})
export class AppModule {
  /** `more` are modules that a test adds to see how the house treats them. */
  static of(ground: House, more: readonly Type[] = []): DynamicModule {
    const made = [
      { provide: SecretsService, useValue: ground.secrets },
      { provide: LOADED_CONFIG, useValue: ground.loaded },
      MetricBook,
      { provide: METRICS, useExisting: MetricBook },
      Exposition,
    ];
    return {
      module: AppModule,
      imports: [
        ConfigModule.of(ground, made),
        StorageModule,
        AuditModule,
        PairingModule,
        AuthModule,
        CredentialsModule,
        HttpModule,
        GatewayModule,
        ...more,
      ],
      providers: [AnswerRows, Endings, HouseGauges, MakerRights, ReloadRecords, SecretGauges],
    };
  }
}
