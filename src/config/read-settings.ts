import { ConfigError } from './config-error.js';
import { fromText, type TextKind } from './convert.js';
import { Environment } from './environment.js';
import { readSources } from './sources.js';
import { substitute } from './substitute.js';
import { type Tree, valueAt } from './tree.js';

/** How a setting is found in the environment by a reader that loads no settings class. */
export interface ClientSetting {
  /** As in `@Setting({ env })`. */
  readonly env: string;
  readonly kind?: TextKind;
  readonly secret?: boolean;
}

/**
 * The settings that a command needs to find its gateway. They stand in the settings classes too, which cost the command
 * line too much to load; a test compares the two.
 */
// prettier-ignore
export const CLIENT_SETTINGS: Readonly<Record<string, ClientSetting>> = {
  'gateway.port':          { env: 'GATEWAY_PORT', kind: 'number' },
  'gateway.bind':          { env: 'GATEWAY_BIND' },
  'gateway.publicUrl':     { env: 'GATEWAY_PUBLIC_URL' },
  'gateway.auth.token':    { env: 'GATEWAY_TOKEN', secret: true },
  'gateway.auth.password': { env: 'GATEWAY_PASSWORD', secret: true },
};

export interface ReadSettings {
  /** Absolute; it need not exist. */
  readonly stateDir: string;
  /** The config file, also when DOORWARD_CONFIG_PATH names one that does not exist yet. */
  readonly configPath?: string;
  /** The file as it stands, unchecked, `${NAME}` not replaced. */
  readonly tree: Tree;
  readonly environment: Environment;
  readonly warnings: readonly string[];
  /**
   * The value at a path as a client sees it: the environment first, for secrets too, then the file, of
   * the type that stands there; undefined when neither has it, defaults included. Throws ConfigError when a `_FILE` or
   * a `${NAME}` cannot be had.
   */
  get(path: string): unknown;
}

/**
 * Reads what the command line needs without loading a validator: state directory, config file, `.env`. Throws
 * ConfigError when one of them cannot be read. Never asks the login shell: a command is started from one.
 */
export async function readSettings(
  env: Environment,
  known: Readonly<Record<string, ClientSetting>> = CLIENT_SETTINGS,
): Promise<ReadSettings> {
  const { stateDir, configPath, tree, environment, warnings, openFiles } = await readSources(env);
  return {
    stateDir,
    ...(configPath !== undefined && { configPath }),
    tree,
    environment,
    warnings: [...warnings, ...openFiles],
    get: (path) => {
      const setting = Object.hasOwn(known, path) ? known[path] : undefined;
      const found = setting?.secret ? environment.findSecret(setting.env) : setting && environment.find(setting.env);
      if (found) return fromText(found.value, setting?.kind ?? 'other', setting?.secret);
      return written(tree, path, environment, setting?.kind);
    },
  };
}

function written(tree: Tree, path: string, environment: Environment, kind: TextKind = 'other'): unknown {
  const {
    tree: filled,
    substituted,
    errors,
  } = substitute({ value: valueAt(tree, path) }, (name) => environment.get(`!${name}`));
  if (errors.length > 0) throw new ConfigError(errors.map(({ message }) => ({ path, message })));
  const { value } = filled;
  return substituted.has('value') && typeof value === 'string' ? fromText(value, kind) : value;
}
