import { changeConfig, keysOfPath, reportChange } from './change-config.js';
import type { CommandFile } from './command.js';
import { word } from './terminal.js';

/** Takes one setting out of the config file, so that its default or the environment holds. */
export const command: CommandFile<{ readonly json?: boolean }> = {
  examples: ['doorward config unset gateway.auth.password', 'doorward config unset agents.list[1]'],

  describe(command) {
    command.argument('<path>', 'which setting, such as gateway.auth.mode');
  },

  async run({ words, options, world }) {
    const [path = ''] = words;
    const keys = await keysOfPath(path);
    const changed = await changeConfig(() => [{ keys, remove: true }], world);
    if (options.json) return world.terminal.json({ path, ...changed });
    reportChange(changed, `Unset ${word(path)}.`, world);
  },
};
