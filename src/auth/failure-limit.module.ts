import { Inject, Module } from '@nestjs/common';
import { ConfigService } from '../config/config.service.js';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { LOG, type Log } from '../kernel/log.js';
import { FailureLimiter } from './failure-limiter.js';
import { FailureStorage } from './failures/failure-storage.js';
import { openFailureStorage } from './failures/open-failure-storage.js';

const STORAGE = {
  provide: FailureStorage,
  inject: [ConfigService, CLOCK, LOG],
  useFactory: (config: ConfigService, clock: Clock, log: Log) => openFailureStorage(config.current, clock, log),
};

/** The limit on wrong credentials. Takes ConfigService, CLOCK and LOG from the house; closes Redis at shutdown. */
@Module({
  providers: [STORAGE, FailureLimiter],
  exports: [FailureStorage, FailureLimiter],
})
export class FailureLimitModule {
  constructor(limiter: FailureLimiter, @Inject(LOG) log: Log) {
    limiter.onLocked((source) => log.warn('auth locked: too many wrong credentials', { event: 'auth.locked', source }));
  }
}
