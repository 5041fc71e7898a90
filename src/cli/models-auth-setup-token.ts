import type { CommandFile } from './command.js';
import { addLoginOptions, logIn, type LoginOptions } from './model-login.js';

/** Stores what `claude setup-token` prints: a subscription's token for a year. Needs a terminal. */
export const command: CommandFile<LoginOptions> = {
  examples: ['doorward models auth setup-token --provider anthropic'],

  describe(command) {
    addLoginOptions(command).option('--expires-in <time>', 'how long it is good, such as 365d');
  },

  run: ({ options, world }) => logIn(options, { method: 'setup-token' }, world),
};
