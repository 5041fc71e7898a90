import { Module } from '@nestjs/common';
import { STATE_DIR } from '../config/config.module.js';
import { ConfigService } from '../config/config.service.js';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { LOG, type Log } from '../kernel/log.js';
import { Readiness } from '../kernel/readiness.js';
import { Changes } from './changes.js';
import { DataKeys } from './data-keys.js';
import { Database } from './database.js';
import { DatabaseReadiness } from './database-readiness.js';
import { DatabaseSettings } from './database.settings.js';
import { EncryptionKey } from './encryption-key.js';
import { Replicas } from './replicas.js';

/** The database and its notices. Opened by whoever boots the gateway, closed with it. */
@Module({
  providers: [
    {
      provide: Database,
      useFactory: (config: ConfigService, stateDir: string, clock: Clock, log: Log) =>
        new Database({ settings: config.current.get(DatabaseSettings), stateDir, clock, log }),
      inject: [ConfigService, STATE_DIR, CLOCK, LOG],
    },
    { provide: Changes, useFactory: (database: Database) => new Changes(database), inject: [Database] },
    {
      provide: EncryptionKey,
      useFactory: (config: ConfigService, stateDir: string) =>
        new EncryptionKey(config.current.get(DatabaseSettings).encryptionKey, stateDir),
      inject: [ConfigService, STATE_DIR],
    },
    { provide: Readiness, useClass: DatabaseReadiness },
    DataKeys,
    Replicas,
  ],
  exports: [Database, Changes, Readiness, Replicas, EncryptionKey, DataKeys],
})
export class StorageModule {}
