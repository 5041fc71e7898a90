import { checkRules, type ConfigRule } from './check-rules.js';
import { type BuiltPart, buildPart } from './build-part.js';
import { ConfigError } from './config-error.js';
import { exists } from './config-file.js';
import type { Environment } from './environment.js';
import { FamilySettings, mustBeLocal } from './family.settings.js';
import { checkKeys, sectionsOf } from './known-keys.js';
import { LoginShell } from './login-shell.js';
import { settingsOf } from './setting-list.js';
import { ConfigSnapshot, type SettingsClass } from './settings.js';
import { importFromShell } from './shell-import.js';
import { readSources } from './sources.js';
import { tooOpen } from './state-directory.js';
import { substitute } from './substitute.js';

export type { ConfigRule } from './check-rules.js';

export interface LoadRequest {
  /** `Environment.ofProcess()`, or a plain record in tests. */
  readonly env: Environment;
  readonly settings: readonly SettingsClass[];
  /** Flags of the command line by path: `{ 'gateway.port': '8080' }`. Text is converted as in the environment. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  readonly rules?: readonly ConfigRule[];
  /** The snapshot's number; 1 unless told. */
  readonly version?: number;
  /** Kept over reloads, so that the login shell is asked once. */
  readonly loginShell?: LoginShell;
}

export interface LoadedConfig {
  readonly snapshot: ConfigSnapshot;
  /** Absolute; it need not exist yet. */
  readonly stateDir: string;
  /** The config file that was read; undefined when there is none. */
  readonly configPath?: string;
  /** Sentences for the log. */
  readonly warnings: readonly string[];
  /** Top-level sections of the file that nobody reads. */
  readonly unusedSections: readonly string[];
  /** Process environment, `.env`, the config's `env` block and the login shell's names, in this order of strength. */
  readonly environment: Environment;
  /** Where each setting that is not a default came from: `file`, `command line`, or a variable. */
  readonly origins: ReadonlyMap<string, string>;
}

/** Reads and checks everything, and writes nothing. Throws ConfigError with all that is wrong (contract sections 1 and 2). */
export async function loadConfig(request: LoadRequest): Promise<LoadedConfig> {
  const { overrides = {}, rules = [], version = 1, loginShell = new LoginShell() } = request;
  const types = [...request.settings, FamilySettings];
  const specs = types.flatMap(settingsOf);
  refuseUnknownOverrides(overrides, new Set(specs.map(({ path }) => path)));

  const sources = await readSources(request.env);
  const shell = await importFromShell(sources, specs, loginShell);
  const { environment } = shell;
  const paths = specs.map(({ path }) => path);
  const keys = checkKeys(sources.tree, paths);
  const ours = substitute(pick(sources.tree, sectionsOf(paths)), (name) => environment.get(`!${name}`));

  const settled = { ...ours, environment, overrides };
  const parts = types.map((type) => buildPart(type, settled, ours.errors));
  const errors = [
    ...[sources, shell, keys, ours, ...parts].flatMap((step) => step.errors),
    ...checkRules([mustBeLocal, ...rules], parts, version),
  ];
  const configPath = sources.configPath !== undefined && exists(sources.configPath) ? sources.configPath : undefined;
  if (errors.length > 0) throw new ConfigError(errors, configPath);

  return {
    snapshot: new ConfigSnapshot(version, new Map(parts.map(({ type, part }) => [type, deepFreeze(part)]))),
    stateDir: sources.stateDir,
    ...(configPath !== undefined && { configPath }),
    warnings: [
      ...[sources, shell, ...parts].flatMap((step) => step.warnings),
      ...openSecrets(configPath, parts, ours.substituted),
      ...keys.unusedKeys.map((path) => `${path} is set, and this version does not use it`),
    ],
    unusedSections: keys.unusedSections,
    environment,
    origins: new Map(parts.flatMap(({ found }) => found.map(({ spec, origin }) => [spec.path, origin]))),
  };
}

/** A file that others may read matters when a secret stands in it. */
function openSecrets(
  configPath: string | undefined,
  parts: readonly BuiltPart[],
  substituted: ReadonlySet<string>,
): string[] {
  const holdsSecret = parts
    .flatMap(({ found }) => found)
    .some(({ spec, origin }) => spec.traits.secret && origin === 'file' && !substituted.has(spec.path));
  const warning = configPath !== undefined && holdsSecret ? tooOpen(configPath) : undefined;
  return warning === undefined ? [] : [`a secret stands in a file that is not its owner's alone: ${warning}`];
}

/** A flag for a setting that nobody declares is a mistake in the code, not of a user. */
function refuseUnknownOverrides(overrides: Readonly<Record<string, unknown>>, paths: ReadonlySet<string>): void {
  const unknown = Object.keys(overrides).filter((path) => !paths.has(path));
  if (unknown.length > 0) throw new TypeError(`overrides for settings that nobody declares: ${unknown.join(', ')}`);
}

function pick(tree: Readonly<Record<string, unknown>>, sections: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(sections.filter((key) => Object.hasOwn(tree, key)).map((key) => [key, tree[key]]));
}

function deepFreeze<T extends object>(value: T): T {
  for (const child of Object.values(value) as unknown[]) {
    if (typeof child === 'object' && child !== null && !Object.isFrozen(child)) deepFreeze(child);
  }
  return Object.freeze(value);
}
