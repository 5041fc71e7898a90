import { Environment } from '../config/environment.js';
import { readSettings } from '../config/read-settings.js';
import { DEFAULT_CONFIG_NAME } from '../config/config-file.js';
import type { CommandFile } from './command.js';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

interface Options {
  readonly json?: boolean;
}

/** Which file the gateway reads, whether it is there or not. */
export const command: CommandFile<Options> = {
  examples: ['doorward config file', '$EDITOR "$(doorward config file)"'],

  describe() {},

  async run({ options, world }) {
    const { configPath, stateDir } = await readSettings(new Environment(world.environment));
    const path = configPath ?? join(stateDir, DEFAULT_CONFIG_NAME);
    if (options.json) return world.terminal.json({ path, exists: existsSync(path), stateDir });
    world.terminal.result(path);
    if (!existsSync(path)) world.terminal.say('It does not exist yet: the defaults and the environment hold.');
  },
};
