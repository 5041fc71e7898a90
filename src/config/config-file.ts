import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigError } from './config-error.js';
import type { Environment } from './environment.js';
import { codeOf, reasonOf } from './file-reason.js';
import { parseConfig } from './parse-config.js';
import { expandHome, homeDirectory } from './state-directory.js';
import type { Tree } from './tree.js';

const NAMES = ['doorward', 'openclaw', 'clawdbot', 'special-agent', 'config'] as const;
const EXTENSIONS = ['json5', 'json', 'yaml', 'yml'] as const;

/** Where a configuration is written when there is none yet. */
export const DEFAULT_CONFIG_NAME = 'doorward.json5';

/**
 * The absolute path of the config file: DOORWARD_CONFIG_PATH or an alias, whether the file exists or not, else the one
 * that the state directory holds, else undefined. Throws ConfigError that names them when it holds two (contract section 1).
 */
export function findConfigFile(env: Environment, stateDir: string): string | undefined {
  const chosen = env.get('CONFIG_PATH');
  if (chosen !== undefined) return resolve(expandHome(chosen.trim(), homeDirectory(env)));

  const present = new Set(entriesOf(stateDir));
  const found = NAMES.flatMap((name) => EXTENSIONS.map((extension) => `${name}.${extension}`)).filter((name) =>
    present.has(name),
  );
  if (found.length > 1) {
    const files = found.map((name) => join(stateDir, name)).join(' and ');
    const message = `there are several config files: ${files}; keep one, or name one in DOORWARD_CONFIG_PATH`;
    throw new ConfigError([{ path: stateDir, message }]);
  }
  return found[0] === undefined ? undefined : join(stateDir, found[0]);
}

/** The content of a config file; an absent file is an empty configuration. Throws ConfigError for any other that cannot be read (S062). */
export async function readConfigFile(path: string): Promise<Tree> {
  if (!exists(path)) return {};
  return parseConfig(textOf(path), path);
}

export function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** The UTF-8 text of a file that belongs to the configuration. Throws ConfigError that says why it cannot be had. */
export function textOf(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    throw new ConfigError([{ path, message: `cannot be read: ${reasonOf(error)}; correct or remove the file` }]);
  }
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw new ConfigError([{ path: directory, message: `the state directory cannot be read: ${reasonOf(error)}` }]);
  }
}
