import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import type { GatewayParts } from '../config/gateway-parts.js';
import type { Boot } from './boot.js';
import type { Terminal } from './terminal.js';

/** A configuration that would do to start with. */
export interface CheckedConfig {
  readonly configPath?: string;
  readonly warnings: readonly string[];
}

/** What a command may touch of the world outside. */
export interface World {
  readonly terminal: Terminal;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** Starts a gateway in this process; loaded only when it is called. */
  readonly boot: Boot;
  /** Loads and checks the whole configuration. Rejects with ConfigError. */
  readonly checkConfig: (environment: World['environment']) => Promise<CheckedConfig>;
  /** What the configuration of a gateway may say, for commands that look into it. Heavy: loaded when it is called. */
  readonly gatewayParts: () => Promise<GatewayParts>;
  /** Waits between two polls. */
  readonly pause: (ms: number) => Promise<void>;
  /** The program's file, for starting it again. */
  readonly program: string;
}

/** One invocation: the words and flags as given, already checked for form. */
export interface Call<Options> {
  readonly words: readonly string[];
  readonly options: Options;
  readonly world: World;
}

/** A file of this folder: one command. It must be quick to import: what is heavy is imported inside `run`. */
export interface CommandFile<Options = never> {
  /** At least one line that works as it stands. */
  readonly examples: readonly string[];
  /** Adds the arguments and options. Every command takes `--json` without saying so. */
  describe(command: Command): void;
  /** Does it. Throws CliError for what goes wrong; a number is the exit code. */
  run(call: Call<Options>): Promise<number | void>;
}
