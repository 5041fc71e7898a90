import type { CommandFile } from './command.js';
import { addLoginOptions, logIn, type LoginOptions } from './model-login.js';

/** Stores a token of any provider. It is asked for, or comes by --stdin or --file; never as an argument. */
export const command: CommandFile<LoginOptions> = {
  examples: [
    'doorward models auth paste-token --provider anthropic',
    'doorward models auth paste-token --provider openrouter --expires-in 365d --file ./token',
  ],

  describe(command) {
    addLoginOptions(command).option(
      '--expires-in <time>',
      'how long it is good, such as 365d or 12h; a number alone: days',
    );
  },

  run: ({ options, world }) => logIn(options, { method: 'paste-token' }, world),
};
