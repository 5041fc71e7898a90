import { budgetPath } from './budget-texts.js';
import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { addTenantOptions, type TenantOptions, tenantQuery } from './named-tenant.js';
import { findTarget, requireCredential } from './target.js';
import { word } from './terminal.js';

/** Takes a budget away. What it counted stays in the usage. */
export const command: CommandFile<TenantOptions> = {
  examples: ['doorward budgets remove user:ana@example.com:day'],

  describe(command) {
    command.argument('<budget>', 'its name or id, as doorward budgets list shows it');
    addTenantOptions(command);
  },

  async run({ words, options, world }) {
    const budget = words[0]!;
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    await client.delete(budgetPath(budget, await tenantQuery(client, options)));
    if (options.json) world.terminal.json({ budget, removed: true });
    else world.terminal.result(`${word(budget)} bounds nobody any more.`);
  },
};
