import { amountText, endsText, spentText } from './budget-texts.js';
import { wrongUsage } from './cli-error.js';
import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { addTenantOptions, type TenantOptions, tenantQuery } from './named-tenant.js';
import { allItems } from './pages.js';
import { table } from './table.js';
import { findTarget, requireCredential } from './target.js';
import { word } from './terminal.js';

interface Options extends TenantOptions {
  readonly allTenants?: boolean;
}

/** The budgets of a tenant, or of all, and how much of each is left. */
export const command: CommandFile<Options> = {
  examples: [
    'doorward budgets list',
    "doorward budgets list --json | jq -r '.[] | select(.remaining.usd == 0) | .key'",
  ],

  describe(command) {
    command.option('--all-tenants', 'of every tenant: for the house');
    addTenantOptions(command);
  },

  async run({ options, world }) {
    const { terminal } = world;
    if (options.allTenants && options.tenant !== undefined)
      throw wrongUsage('give --tenant or --all-tenants, not both');
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const query = options.allTenants ? '?tenant=all' : await tenantQuery(client, options);
    const budgets = await allItems(client, `/api/v1/budgets${query}`);
    if (options.json) return terminal.json(budgets);
    if (budgets.length === 0)
      return terminal.say('No budgets yet. Set one with: doorward budgets set user:ana@example.com:day --usd 5');

    const rows = budgets.map((budget) => [
      word(budget['key']),
      amountText(budget['limit']),
      spentText(budget),
      amountText(budget['remaining']),
      endsText(budget),
    ]);
    terminal.result(table(['BUDGET', 'LIMIT', 'USED', 'LEFT', 'BEGINS ANEW'], rows));
  },
};
