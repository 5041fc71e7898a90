import type { CommandFile } from './command.js';
import { pendingRequests } from './device-request.js';
import { pairedTable, pendingTable } from './device-tables.js';
import { GatewayClient } from './gateway-client.js';
import { allItems } from './pages.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
}

/** The devices that wait and those that are paired, on one screen. */
export const command: CommandFile<Options> = {
  examples: ['doorward devices list', "doorward devices list --json | jq -r '.pending[].requestId'"],

  describe: addTargetOptions,

  async run({ options, world }) {
    const { terminal } = world;
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const pending = await pendingRequests(client, 'devices');
    const paired = await allItems(client, '/api/v1/devices');
    if (options.json) return terminal.json({ pending, paired });

    const now = Date.now();
    if (pending.length > 0) {
      terminal.result(`Waiting (${pending.length})\n${pendingTable(pending, now)}\n`);
      terminal.say('+ is what a device has not had so far. Let one in with: doorward devices approve <requestId>');
    }
    if (paired.length > 0) terminal.result(`Paired (${paired.length})\n${pairedTable(paired, now)}`);
    if (pending.length + paired.length === 0)
      terminal.say('No devices yet. Make a link that lets one in with: doorward devices invite');
  },
};
