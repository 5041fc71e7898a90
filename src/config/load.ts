import type { FieldError } from '../kernel/errors.js';
import type { Environment } from './environment.js';
import type { ConfigSnapshot, SettingsClass } from './settings.js';

/** A check across parts: what is wrong with a configuration whose single settings are all well. */
export type ConfigRule = (config: ConfigSnapshot) => readonly FieldError[];

export interface LoadRequest {
  /** `Environment.ofProcess()`, or a plain record in tests. */
  readonly env: Environment;
  readonly settings: readonly SettingsClass[];
  /** Flags of the command line by path: `{ 'gateway.port': '8080' }`. Strings are converted as in the environment. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  readonly rules?: readonly ConfigRule[];
  /** The snapshot's number; 1 unless told. */
  readonly version?: number;
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

/** Reads and checks everything, and writes nothing. Throws ConfigError with all that is wrong. */
export async function loadConfig(request: LoadRequest): Promise<LoadedConfig> {
  throw new Error(`not built yet (${request.settings.length} settings)`);
}
