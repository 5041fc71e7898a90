import { ConfigError } from './config-error.js';
import { fromText } from './convert.js';
import type { Environment, FoundVariable } from './environment.js';
import type { SettingSpec } from './setting-list.js';
import { type Tree, valueAt } from './tree.js';

/** What one setting is looked for in. */
export interface SettingSources {
  /** The config file with `${NAME}` replaced, and secrets in the places of their references. */
  readonly tree: Tree;
  /** What the secrets that were fetched are called, by path. */
  readonly references: ReadonlyMap<string, string>;
  readonly substituted: ReadonlySet<string>;
  readonly environment: Environment;
  readonly overrides: Readonly<Record<string, unknown>>;
}

export interface ResolvedSetting {
  /** Undefined: nobody has set it. */
  readonly value?: unknown;
  /** Where it came from: `command line`, `file`, `OPENAI_API_KEY`, `shell env: OPENAI_API_KEY`. */
  readonly origin?: string;
  readonly problem?: string;
  readonly warnings: readonly string[];
}

/**
 * Finds a setting's value. The strongest is the command line; then the environment, then the file; for a secret the
 * file, then the environment. A reference whose variable is set is never followed, so it does not come to this; and a
 * variable of an exact name that platforms set beats the file: `DATABASE_URL` is the database that is used.
 */
export function resolveSetting(spec: SettingSpec, sources: SettingSources): ResolvedSetting {
  const override = sources.overrides[spec.path];
  if (override !== undefined) return { value: convert(override, spec), origin: 'command line', warnings: [] };

  const written = valueAt(sources.tree, spec.path);
  if (written === null) {
    return { problem: 'must not be null; remove the key to use the default', origin: 'file', warnings: [] };
  }
  try {
    const found = inEnvironment(spec, sources.environment);
    return spec.traits.secret
      ? chooseSecret(spec, written, found, sources)
      : chooseSetting(spec, written, found, sources);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { path, message } = error.errors[0]!;
    return { problem: `${path} ${message}`, origin: path, warnings: [] };
  }
}

function chooseSetting(
  spec: SettingSpec,
  written: unknown,
  found: FoundVariable | undefined,
  { substituted }: SettingSources,
): ResolvedSetting {
  if (found) return fromVariable(spec, found);
  if (written === undefined) return { warnings: [] };
  const value = substituted.has(spec.path) ? convert(written, spec) : written;
  return { value, origin: 'file', warnings: [] };
}

function chooseSecret(
  spec: SettingSpec,
  written: unknown,
  found: FoundVariable | undefined,
  { references }: SettingSources,
): ResolvedSetting {
  const isPlatformVariable = spec.traits.env?.startsWith('!');
  if (found && (written === undefined || isPlatformVariable)) return fromVariable(spec, found);
  if (written === undefined) return { warnings: [] };

  const differs = found !== undefined && found.value !== written;
  const warning = `${spec.path} in the config file and ${found?.variable} hold different values: the file's is used`;
  return { value: written, origin: references.get(spec.path) ?? 'file', warnings: differs ? [warning] : [] };
}

function inEnvironment({ traits: { env, secret } }: SettingSpec, environment: Environment): FoundVariable | undefined {
  if (env === undefined) return undefined;
  return secret ? environment.findSecret(env) : environment.find(env);
}

function fromVariable(spec: SettingSpec, { variable, value, source, warning }: FoundVariable): ResolvedSetting {
  return {
    value: convert(value, spec),
    origin: source === 'environment' ? variable : `${source}: ${variable}`,
    warnings: warning === undefined ? [] : [warning],
  };
}

function convert(value: unknown, { kind, traits }: SettingSpec): unknown {
  return typeof value === 'string' ? fromText(value, kind, traits.secret) : value;
}
