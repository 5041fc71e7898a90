import type { CommandFile } from './command.js';
import { addLoginOptions, logIn, type LoginOptions } from './model-login.js';

interface Options extends LoginOptions {
  readonly method?: string;
}

/** Stores a credential for a model provider: an API key unless another way is named. */
export const command: CommandFile<Options> = {
  examples: [
    'doorward models auth add --provider anthropic',
    'doorward models auth add --provider openai --profile-id openai:work --file ./openai-key',
  ],

  describe(command) {
    addLoginOptions(command).option('--method <name>', 'another way than an API key, such as paste-token');
    command.option('--expires-in <time>', 'of a token: how long it is good, such as 365d or 12h');
  },

  run: ({ options, world }) => logIn(options, { method: options.method ?? 'api-key' }, world),
};
