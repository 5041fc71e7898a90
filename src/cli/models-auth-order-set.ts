import { addOrderOptions, authOrder, type OrderOptions, showOrder } from './auth-orders.js';
import type { CommandFile } from './command.js';

/** Stores the order in which an agent's profiles of a provider are tried: these, and no others. */
export const command: CommandFile<OrderOptions> = {
  examples: ['doorward models auth order set --provider anthropic anthropic:work anthropic:default'],

  describe(command) {
    addOrderOptions(command).argument('<profileId...>', 'the profiles, the first one first');
  },

  run: async ({ words, options, world }) => showOrder(await authOrder({ ids: words }, options, world), options, world),
};
