import type { CommandFile } from './command.js';
import { addLoginOptions, logIn, type LoginOptions } from './model-login.js';

interface Options extends LoginOptions {
  readonly method?: string;
}

/** Signs in at a model provider in the best way that it has, or in the one that is named. */
export const command: CommandFile<Options> = {
  examples: [
    'doorward models auth login --provider openai-codex',
    'doorward models auth login --provider openai-codex --method device-code',
    'doorward models auth login --provider anthropic --method cli --set-default',
  ],

  describe(command) {
    addLoginOptions(command).option('--method <name>', 'browser, device-code, api-key, setup-token, cli, paste-token');
    command.option('--expires-in <time>', 'of a token: how long it is good, such as 365d or 12h');
  },

  run: ({ options, world }) => logIn(options, { method: options.method }, world),
};
