import type { CommandFile } from './command.js';

/** What a config file may hold, as JSON Schema: for editors, and for who makes such files. */
export const command: CommandFile = {
  examples: ['doorward config schema > doorward.schema.json'],

  describe() {},

  async run({ world }) {
    const [{ configSchema }, { settings }] = await Promise.all([
      import('../config/config-schema.js'),
      world.gatewayParts(),
    ]);
    world.terminal.json(configSchema(settings));
  },
};
