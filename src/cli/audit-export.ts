import { wrongUsage } from './cli-error.js';
import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { addTenantOptions, tenantId, type TenantOptions } from './named-tenant.js';
import { findTarget, requireCredential } from './target.js';
import { word } from './terminal.js';

interface Options extends TenantOptions {
  readonly action?: string;
  readonly actor?: string;
  readonly from?: string;
  readonly to?: string;
}

/** How long the gateway may look for the next row that fits. */
const PATIENCE_MS = 120_000;

const FILTERS = ['action', 'actor', 'from', 'to'] as const;

/** Every row that fits as one line of JSON, in the order of the chain, with its hashes. Exit 1 when it is not all of it. */
export const command: CommandFile<Options> = {
  examples: [
    'doorward audit export > audit.ndjson',
    "doorward audit export --action 'device.*' --from 2026-11-01",
    "doorward audit export --actor token:token | jq -r '[.at, .action, .target] | @tsv'",
  ],

  describe(command) {
    command
      .option('--action <name>', "only what was done, such as device.approved, or 'device.*'")
      .option('--actor <name>', 'only what somebody did, as the rows name them')
      .option('--from <moment>', 'only since then, such as 2026-11-21 or 2026-11-21T08:00:00Z', moment('--from'))
      .option('--to <moment>', 'only before then', moment('--to'));
    addTenantOptions(command);
  },

  async run({ options, world }) {
    const client = new GatewayClient(requireCredential(await findTarget(options, world)), PATIENCE_MS);
    const query = new URLSearchParams({ format: 'ndjson' });
    for (const name of FILTERS) if (options[name] !== undefined) query.set(name, options[name]);
    if (options.tenant !== undefined) query.set('tenant', await tenantId(client, options.tenant));
    for await (const line of client.lines(`/api/v1/audit?${query}`)) world.terminal.writeOut(`${line}\n`);
  },
};

/** The gateway knows best; what is none at all need not be asked. */
function moment(flag: string): (text: string) => string {
  return (text) => {
    if (!Number.isNaN(Date.parse(text)) && /^\d{4}-\d\d-\d\d/.test(text)) return text;
    throw wrongUsage(`${flag} is no moment: ${word(text)}`, `Example: ${flag} 2026-11-21T08:00:00Z`);
  };
}
