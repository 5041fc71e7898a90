import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import type { BootOptions } from './cli/boot.js';
import { Environment } from './config/environment.js';
import type { LoadedConfig } from './config/load.js';
import { openConfig } from './config/open-config.js';
import { ConfigError } from './config/config-error.js';
import { makeStateDirectory } from './config/state-directory.js';
import { prepareEngine } from './engine.js';
import type { RunningHouse } from './house.js';
import { type Clock, systemClock } from './kernel/clock.js';
import { createLog, type GatewayLog } from './log/log.js';
import { Reloading } from './reloading.js';
import { SURFACES } from './secret-surfaces.js';
import { Secrets } from './secrets/secrets.js';
import { SecretsService } from './secrets/secrets.service.js';
import { RULES, SETTINGS, startWarnings } from './settings.js';
import { chosenMode, DatabaseSettings } from './storage/database.settings.js';
import { compiledPostgres } from './storage/embedded/compiled.js';
import { EncryptionKey } from './storage/encryption-key.js';

/** What tests add to the options of the command line: a clock that they move, modules of their own. */
export interface TestOptions {
  readonly clock?: Clock;
  readonly modules?: readonly Type[];
}

/**
 * Starts a gateway: reads and checks everything first, and writes nothing until all of it is well. What takes long to
 * load, Nest and TypeORM, comes after that, while the embedded database is compiled beside it.
 */
export async function boot(
  options: BootOptions & TestOptions,
): Promise<RunningHouse & { warnings: readonly string[] }> {
  const { clock = systemClock, terminal, colour, overrides, environment, verbose, modules } = options;
  await prepareEngine();
  const secrets = new Secrets({
    clock,
    key: ({ environment: variables, stateDir: place }) =>
      new EncryptionKey(variables.findSecret('ENCRYPTION_KEY')?.value, place).get(),
  });
  let reloading: Reloading | undefined;
  const opened = await whileWaiting(secrets, createLog({ level: 'info', terminal, colour, clock }), () =>
    openConfig({
      settings: SETTINGS,
      rules: RULES,
      secrets,
      surfaces: SURFACES,
      overrides,
      readEnvironment: () => new Environment(environment),
      beforeLoad: () => reloading?.note(),
    }),
  );
  const { stateDir, snapshot } = opened.loaded();
  makeStateDirectory(stateDir);
  // A failure to compile is told by whoever opens the database.
  if (chosenMode(snapshot.get(DatabaseSettings)) === 'embedded') compiledPostgres().catch(() => undefined);

  const file = join(stateDir, 'logs', 'gateway.log');
  const level = verbose ? 'debug' : 'info';
  const log = { ...createLog({ level, file, terminal, colour, clock }), isVerbose: verbose };
  const warnings = warningsOf(opened.loaded());
  for (const warning of warnings) log.warn(warning);

  secrets.log = log;
  const service = new SecretsService(opened, secrets, clock, log);
  reloading = new Reloading(opened, service, log, warningsOf, clock);
  const stopReloading = reloading.start();
  const { openHouse } = await import('./house.js');
  const ground = { config: opened.service, stateDir, clock, log, secrets: service, loaded: opened.loaded };
  const house = await openHouse(ground, modules, stopReloading);
  return { ...house, closed: endWithSecrets(house, service), warnings };
}

/** Runs what may have to wait for secrets, heard on the terminal and ended by the signals that end a gateway. */
async function whileWaiting<T>(secrets: Secrets, log: GatewayLog, work: () => Promise<T>): Promise<T> {
  const stop = (): void => secrets.stop();
  secrets.log = log;
  process.on('SIGTERM', stop).on('SIGINT', stop);
  try {
    return await work();
  } finally {
    process.off('SIGTERM', stop).off('SIGINT', stop);
    await log.close();
  }
}

/** A gateway that lives on secrets of the disk ends when they are too old. Settles when it has stopped, for whatever reason. */
function endWithSecrets({ close, closed }: RunningHouse, secrets: SecretsService): Promise<void> {
  return new Promise((resolve, reject) => {
    closed.then(resolve, reject);
    secrets.watchOver(() => {
      const message = 'is over: what was kept on disk is too old, and the providers are still down; see doorward logs';
      const error = new ConfigError([{ path: 'secrets.resolution.lastKnownGoodMaxAgeMs', message }]);
      void close().then(() => reject(error), reject);
    });
  });
}

/** Sentences that somebody should read, at the start and at every reload. */
function warningsOf({ warnings, unusedSections, snapshot }: LoadedConfig): string[] {
  const unused =
    unusedSections.length > 0 ? [`not used by Doorward, and left alone: ${unusedSections.join(', ')}`] : [];
  return [...warnings, ...unused, ...startWarnings(snapshot)];
}
