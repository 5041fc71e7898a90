import type { FieldError } from '../kernel/errors.js';
import { ConfigError } from './config-error.js';
import { exists, findConfigFile, readConfigFile } from './config-file.js';
import { dotEnvPath, readDotEnv } from './dot-env.js';
import { readEnvBlock } from './env-block.js';
import { NOTHING_INCLUDED, type Whole, withIncludes } from './include.js';
import type { Environment } from './environment.js';
import { findStateDirectory, tooOpen } from './state-directory.js';
import type { Tree } from './tree.js';

/** Where settings come from, read but not yet judged. */
export interface Sources {
  readonly stateDir: string;
  readonly configPath?: string;
  /** The config file's content with what it includes, `${NAME}` not yet replaced; empty when there is no file. */
  readonly tree: Tree;
  readonly included: Omit<Whole, 'tree'>;
  /** The process's environment, below it `.env`, below it the config's `env` block. */
  readonly environment: Environment;
  readonly shell: { readonly enabled?: boolean; readonly timeoutMs?: number };
  readonly warnings: readonly string[];
  /** Sentences about `.env` and the state directory, if others may read or change them. */
  readonly openFiles: readonly string[];
  /** What is wrong in the `env` block. */
  readonly errors: readonly FieldError[];
}

/**
 * Finds and reads the state directory's `.env` and the config file. Throws ConfigError when one of them cannot be read
 * or parsed, with what is wrong in both: nothing else can be said before they can.
 */
export async function readSources(env: Environment): Promise<Sources> {
  const stateDir = findStateDirectory(env);
  const errors: FieldError[] = [];
  const dotEnv = await collecting(errors, () => readDotEnv(stateDir), {});
  const withDotEnv = env.below(dotEnv, '.env');
  const configPath = await collecting(errors, () => findConfigFile(withDotEnv, stateDir), undefined);
  const { tree, ...included } = await collecting(errors, () => readWhole(configPath), NOTHING_INCLUDED);
  if (errors.length > 0) throw new ConfigError(errors, configPath);

  const block = readEnvBlock(tree['env']);
  return {
    stateDir,
    ...(configPath !== undefined && { configPath }),
    tree,
    included,
    environment: withDotEnv.below(block.variables, 'config env'),
    shell: { enabled: block.shellEnabled, timeoutMs: block.shellTimeoutMs },
    warnings: [missingFile(withDotEnv, configPath)].filter((warning) => warning !== undefined),
    openFiles: [dotEnvPath(stateDir), stateDir].map(tooOpen).filter((warning) => warning !== undefined),
    errors: block.errors,
  };
}

async function readWhole(configPath: string | undefined): Promise<Whole> {
  if (configPath === undefined || !exists(configPath)) return NOTHING_INCLUDED;
  return withIncludes(await readConfigFile(configPath), configPath);
}

/** A path that somebody chose and that leads nowhere is allowed, since `config set` makes the file; it is seldom meant. */
function missingFile(env: Environment, configPath: string | undefined): string | undefined {
  const chosen = env.find('CONFIG_PATH');
  if (!chosen || configPath === undefined || exists(configPath)) return undefined;
  return `${chosen.variable} names a file that does not exist (${configPath}); the defaults are used`;
}

async function collecting<T>(errors: FieldError[], read: () => T | Promise<T>, otherwise: T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    errors.push(...error.errors);
    return otherwise;
  }
}
