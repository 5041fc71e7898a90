import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import type { BootOptions } from './cli/boot.js';
import { Environment } from './config/environment.js';
import type { LoadedConfig } from './config/load.js';
import { type OpenedConfig, openConfig } from './config/open-config.js';
import { makeStateDirectory } from './config/state-directory.js';
import type { RunningHouse } from './house.js';
import { type Clock, systemClock } from './kernel/clock.js';
import type { Log } from './kernel/log.js';
import { createLog } from './log/log.js';
import { RULES, SETTINGS, startWarnings } from './settings.js';
import { chosenMode, DatabaseSettings } from './storage/database.settings.js';
import { compiledPostgres } from './storage/embedded/compiled.js';
import { warmTicks } from './warm-ticks.js';

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
  await warmTicks();
  const opened = await openConfig({
    settings: SETTINGS,
    rules: RULES,
    overrides,
    readEnvironment: () => new Environment(environment),
  });
  const { stateDir, snapshot } = opened.loaded();
  makeStateDirectory(stateDir);
  // A failure to compile is told by whoever opens the database.
  if (chosenMode(snapshot.get(DatabaseSettings)) === 'embedded') compiledPostgres().catch(() => undefined);

  const file = join(stateDir, 'logs', 'gateway.log');
  const log = createLog({ level: verbose ? 'debug' : 'info', file, terminal, colour, clock });
  const warnings = warningsOf(opened.loaded());
  for (const warning of warnings) log.warn(warning);

  const stopReloading = reloadOnHangup(opened, log);
  const { openHouse } = await import('./house.js');
  const house = await openHouse({ config: opened.service, stateDir, clock, log }, modules, stopReloading);
  return { ...house, warnings };
}

/** Sentences that somebody should read, at the start and at every reload. */
function warningsOf({ warnings, unusedSections, snapshot }: LoadedConfig): string[] {
  const unused =
    unusedSections.length > 0 ? [`not used by Doorward, and left alone: ${unusedSections.join(', ')}`] : [];
  return [...warnings, ...unused, ...startWarnings(snapshot)];
}

/** SIGHUP reads the configuration anew: all of it or nothing (contract section 2). Returns the way to stop. */
function reloadOnHangup({ service, loaded }: OpenedConfig, log: Log): () => void {
  const reload = async (): Promise<void> => {
    try {
      const { version } = await service.reload();
      log.info('config: reloaded', { version });
      for (const warning of warningsOf(loaded())) log.warn(warning);
    } catch (error) {
      log.error('config: reload refused, the old one stays', { error });
    }
  };
  const onHangup = (): void => void reload();
  process.on('SIGHUP', onHangup);
  return () => process.off('SIGHUP', onHangup);
}
