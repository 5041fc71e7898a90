import type { CommandFile } from './command.js';
import { pendingRequests } from './device-request.js';
import { pendingTable } from './device-tables.js';
import { GatewayClient } from './gateway-client.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
}

/** The nodes that wait for a person. */
export const command: CommandFile<Options> = {
  examples: ['doorward nodes pending', 'doorward nodes pending --json'],

  describe: addTargetOptions,

  async run({ options, world }) {
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const pending = await pendingRequests(client, 'nodes');
    if (options.json) return world.terminal.json(pending);
    if (pending.length === 0) return world.terminal.say('No nodes are waiting.');
    world.terminal.result(pendingTable(pending, Date.now()));
  },
};
