import { addOrderOptions, authOrder, type OrderOptions, showOrder } from './auth-orders.js';
import type { CommandFile } from './command.js';

/** In which order the profiles of a provider are tried, and who says so. */
export const command: CommandFile<OrderOptions> = {
  examples: [
    'doorward models auth order get --provider anthropic',
    'doorward models auth order get --provider openai --agent work --json',
  ],

  describe: (command) => void addOrderOptions(command),

  run: async ({ options, world }) => showOrder(await authOrder({}, options, world), options, world),
};
