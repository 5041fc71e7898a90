import { join } from 'node:path';
import { ConfigError } from '../config/config-error.js';
import { DEFAULT_CONFIG_NAME } from '../config/config-file.js';
import type { EditsFor } from '../config/edit/edit-config.js';
import type { ConfigEdit } from '../config/edit/tree-edit.js';
import { Environment } from '../config/environment.js';
import { readSettings } from '../config/read-settings.js';
import type { FieldError } from '../kernel/errors.js';
import { CliError, wrongUsage } from './cli-error.js';
import type { World } from './command.js';
import { word } from './terminal.js';

export interface ChangedConfig {
  readonly file: string;
  /** False when the file said so already. */
  readonly changed: boolean;
  /** What was wrong before and still is; the edit has mended something else. */
  readonly remaining: readonly FieldError[];
}

/**
 * Edits the config file of this machine; comments and format stay. Refused, with everything that would be wrong, when the
 * whole configuration would not be good then. One that is broken already may be mended step by step: an edit that takes
 * errors away and adds none is let through. The edits are asked for under the lock, for what the file holds then.
 */
export async function changeConfig(editsFor: EditsFor, world: World): Promise<ChangedConfig> {
  const { configPath, stateDir } = await readSettings(new Environment(world.environment));
  const path = configPath ?? join(stateDir, DEFAULT_CONFIG_NAME);
  const { editConfig } = await import('../config/edit/edit-config.js');
  let remaining: readonly FieldError[] = [];
  try {
    const changed = await editConfig(path, editsFor, async (draft) => {
      const errors = await errorsOf(draft, world);
      if (errors.length === 0) return;
      const before = await errorsOf(path, world);
      const isMending = errors.length < before.length && errors.every((error) => before.some(sameAs(error)));
      if (!isMending) throw new ConfigError(errors, path);
      remaining = errors;
    });
    return { file: path, changed, remaining };
  } catch (error) {
    const isRefusal = error instanceof Error && error.name === 'EditRefused';
    throw isRefusal ? new CliError(error.message, { code: 'not_possible' }) : error;
  }
}

export interface RestartedConfig extends ChangedConfig {
  /** Where what stood there is kept. */
  readonly backup: string;
}

/** Begins the config file anew with these settings alone. Throws ConfigError, and changes nothing, where they are not good. */
export async function restartConfig(
  file: string,
  edits: readonly ConfigEdit[],
  world: World,
): Promise<RestartedConfig> {
  const { restartConfig: restart } = await import('../config/edit/edit-config.js');
  const backup = await restart(file, edits, async (draft) => {
    const errors = await errorsOf(draft, world);
    if (errors.length > 0) throw new ConfigError(errors, file);
  });
  return { file, changed: true, remaining: [], backup };
}

/** The keys of a path as it was typed. Throws CliError for what is none. */
export async function keysOfPath(text: string): Promise<readonly string[]> {
  const { parseConfigPath } = await import('../config/edit/config-path.js');
  const keys = parseConfigPath(text);
  if (keys) return keys;
  throw wrongUsage(
    `not a path of a setting: ${word(text)}`,
    'Examples: gateway.port, agents.list[0].id, models.providers["my.one"].baseUrl',
  );
}

/** Tells what was done, never what was written. */
export function reportChange({ file, changed, remaining }: ChangedConfig, done: string, world: World): void {
  const { terminal } = world;
  terminal.result(changed ? `${done} (${file})` : `Nothing to change: ${file} says so already.`);
  for (const { path: at, message } of remaining) terminal.warn(`still wrong: ${at}: ${message}`);
}

/** What is wrong with the configuration if this were its file. The file's name is a detail of ours, so it is not told. */
async function errorsOf(file: string, world: World): Promise<readonly FieldError[]> {
  try {
    await world.checkConfig({ ...world.environment, DOORWARD_CONFIG_PATH: file });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.errors;
  }
}

const sameAs =
  ({ path, message }: FieldError) =>
  (other: FieldError): boolean =>
    other.path === path && other.message === message;
