import { addOrderOptions, authOrder, type OrderOptions, showOrder } from './auth-orders.js';
import type { CommandFile } from './command.js';

/** Forgets the stored order of an agent: that of the configuration holds again, or none. */
export const command: CommandFile<OrderOptions> = {
  examples: ['doorward models auth order clear --provider anthropic'],

  describe: (command) => void addOrderOptions(command),

  run: async ({ options, world }) => showOrder(await authOrder({ clear: true }, options, world), options, world),
};
