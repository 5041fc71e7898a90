import { ConfigError } from '../config/config-error.js';
import { EXIT } from './cli-error.js';
import type { CommandFile } from './command.js';

interface Options {
  readonly json?: boolean;
}

/** Checks everything that the gateway would check before it starts, and writes nothing. Exit 1 with all that is wrong. */
export const command: CommandFile<Options> = {
  examples: ['doorward config validate', 'doorward config validate --json'],

  describe() {},

  async run({ options, world }) {
    const { terminal } = world;
    try {
      const { configPath, warnings } = await world.checkConfig(world.environment);
      if (options.json) return terminal.json({ valid: true, file: configPath ?? null, errors: [], warnings });
      warnings.forEach((warning) => terminal.warn(warning));
      terminal.result(
        `The configuration is good${configPath === undefined ? ' (there is no file)' : `: ${configPath}`}.`,
      );
    } catch (error) {
      if (!options.json || !(error instanceof ConfigError)) throw error;
      terminal.json({ valid: false, file: error.file ?? null, errors: error.errors, warnings: [] });
      return EXIT.failed;
    }
  },
};
