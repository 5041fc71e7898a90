import { record } from './answers.js';
import { amountText, budgetPath } from './budget-texts.js';
import { wrongUsage } from './cli-error.js';
import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { addTenantOptions, type TenantOptions, tenantQuery } from './named-tenant.js';
import { findTarget, requireCredential } from './target.js';
import { word } from './terminal.js';

interface Options extends TenantOptions {
  readonly usd?: string;
  readonly tokens?: string;
}

/** Makes a budget, or changes how large it is. It holds at once, on every gateway within a second. */
export const command: CommandFile<Options> = {
  examples: [
    'doorward budgets set user:ana@example.com:day --usd 5',
    'doorward budgets set agent:main:month --usd 200 --tokens 50000000',
    'doorward budgets set tenant:self:month --usd 1000 --tenant acme',
  ],

  describe(command) {
    command
      .argument('<budget>', '<user|agent|tenant>:<name>:<day|month|total>, or the id of one that is there')
      .option('--usd <amount>', 'US dollars per period')
      .option('--tokens <number>', 'tokens per period, in and out');
    addTenantOptions(command);
  },

  async run({ words, options, world }) {
    const limits = { usd: numberOf('--usd', options.usd), tokens: numberOf('--tokens', options.tokens) };
    if (limits.usd === undefined && limits.tokens === undefined)
      throw wrongUsage('a budget needs --usd, --tokens, or both', `Example: ${this.examples[0]}`);
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const budget = record(await client.put(budgetPath(words[0]!, await tenantQuery(client, options)), limits));
    if (options.json) return world.terminal.json(budget);
    world.terminal.result(
      `${word(budget['key'])}: ${amountText(budget['limit'])}, of which ${amountText(budget['remaining'])} are left.`,
    );
  },
};

function numberOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const plain = text.replaceAll('_', '');
  if (!/^\d+(\.\d+)?$/.test(plain))
    throw wrongUsage(`${flag} is no amount: ${word(text)}`, 'Give a number such as 25 or 2.5.');
  return Number(plain);
}
