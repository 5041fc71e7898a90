import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { CLOCK, type Clock } from '../kernel/clock.js';
import { LOG, type Log } from '../kernel/log.js';
import { ConfigService } from './config.service.js';

/** Nest's token for the absolute path of the state directory. */
export const STATE_DIR = Symbol('StateDir');

/** Nest's token for a function that answers with the LoadedConfig in use: for those who show it. */
export const LOADED_CONFIG = Symbol('LoadedConfig');

/** What everybody may ask for: the settings, the state directory, the time, the log. */
export interface Ground {
  readonly config: ConfigService;
  readonly stateDir: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** The only global module: the ground under all others, made before the application is. */
@Module({})
export class ConfigModule {
  /** `made` is what else was made before the application. */
  static of({ config, stateDir, clock, log }: Ground, made: readonly Provider[] = []): DynamicModule {
    const providers = [
      { provide: ConfigService, useValue: config },
      { provide: STATE_DIR, useValue: stateDir },
      { provide: CLOCK, useValue: clock },
      { provide: LOG, useValue: log },
      ...made,
    ];
    return { module: ConfigModule, global: true, providers, exports: providers };
  }
}
