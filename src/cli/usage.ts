import { wrongUsage } from './cli-error.js';
import type { CommandFile } from './command.js';
import { parseDuration } from './duration.js';
import { GatewayClient } from './gateway-client.js';
import { counted, dollars } from './money.js';
import { addTenantOptions, type TenantOptions, tenantId } from './named-tenant.js';
import { allItems, type Row } from './pages.js';
import { table } from './table.js';
import { findTarget, requireCredential } from './target.js';
import { word } from './terminal.js';

interface Options extends TenantOptions {
  readonly by: string;
  readonly since: string;
  readonly user?: string;
  readonly agent?: string;
  readonly session?: string;
  readonly model?: string;
  readonly allTenants?: boolean;
}

/** What models were used for, and what it cost. */
export const command: CommandFile<Options> = {
  examples: [
    'doorward usage',
    'doorward usage --by day,user --since 7d',
    'doorward usage --user ana@example.com --by model --json',
  ],

  describe(command) {
    command
      .option('--by <what>', 'hour, day, month, tenant, user, device, agent, session, provider, model', 'model')
      .option('--since <duration>', 'how far back: 12h, 7d, 4w', '30d')
      .option('--user <name>', 'of one person alone, by e-mail address or id')
      .option('--agent <id>', 'of one agent alone')
      .option('--session <key>', 'of one session alone')
      .option('--model <name>', 'of one model alone')
      .option('--all-tenants', 'of every tenant: for the house');
    addTenantOptions(command);
  },

  async run({ options, world }) {
    const { terminal } = world;
    if (options.allTenants && options.tenant !== undefined)
      throw wrongUsage('give --tenant or --all-tenants, not both');
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const rows = await allItems(client, `/api/v1/usage?${await queryOf(options, client)}`);
    if (options.json) return terminal.json(rows);
    if (rows.length === 0) return terminal.say('Nothing was used.');

    const by = wordsOf(options.by);
    const headings = [...by.map((name) => name.toUpperCase()), 'CALLS', 'INPUT', 'CACHED', 'OUTPUT', 'USD'];
    terminal.result(
      table(
        headings,
        rows.map((row) => [...by.map((name) => shown(row, name)), ...sums(row)]),
      ),
    );
    const unpriced = rows.reduce((sum, row) => sum + Number(row['unpricedCalls']), 0);
    if (unpriced > 0)
      terminal.say(
        `Without a price: ${counted(unpriced)}. Say what their models cost in models.providers.<id>.models[].cost.`,
      );
  },
};

const wordsOf = (text: string): string[] => text.split(',').flatMap((name) => name.trim() || []);

async function queryOf(options: Options, client: GatewayClient): Promise<string> {
  const { user, agent, session, model } = options;
  const tenant = options.tenant === undefined ? undefined : await tenantId(client, options.tenant);
  const from = new Date(Date.now() - parseDuration(options.since) * 1000).toISOString();
  const named = { user, agent, session, model, tenant: options.allTenants ? 'all' : tenant };
  const given = Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return new URLSearchParams([...given, ['groupBy', wordsOf(options.by).join(',')], ['from', from]]).toString();
}

/** A person by address, where there is one. */
const shown = (row: Row, name: string): string => word((name === 'user' && row['email']) || row[name]);

const sums = (row: Row): string[] => [
  ...['calls', 'inputTokens', 'cachedInputTokens', 'outputTokens'].map((name) => counted(row[name])),
  dollars(row['costUsd']),
];
