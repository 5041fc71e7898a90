import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { allItems } from './pages.js';
import { table } from './table.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions {
  readonly status?: string;
  readonly json?: boolean;
}

/** All tenants, for the house. */
export const command: CommandFile<Options> = {
  examples: ['doorward tenants list', "doorward tenants list --status suspended --json | jq -r '.[].name'"],

  describe(command) {
    command.option('--status <status>', 'only these: active or suspended');
    addTargetOptions(command);
  },

  async run({ options, world }) {
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const only = options.status === undefined ? '' : `?status=${encodeURIComponent(options.status)}`;
    const tenants = await allItems(client, `/api/v1/tenants${only}`);
    if (options.json) return world.terminal.json(tenants);
    if (tenants.length === 0) return world.terminal.say('None.');
    const rows = tenants.map((tenant) => [
      word(tenant['id']),
      word(tenant['name']),
      word(tenant['status']),
      word(tenant['users']),
      word(tenant['createdAt']),
    ]);
    world.terminal.result(table(['ID', 'NAME', 'STATUS', 'USERS', 'CREATED'], rows));
  },
};
