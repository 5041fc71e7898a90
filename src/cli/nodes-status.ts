import type { CommandFile } from './command.js';
import { list } from './device-request.js';
import { nodesTable } from './device-tables.js';
import { GatewayClient } from './gateway-client.js';
import { allItems } from './pages.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
}

/** The nodes that are paired. */
export const command: CommandFile<Options> = {
  examples: ['doorward nodes status', 'doorward nodes status --json'],

  describe: addTargetOptions,

  async run({ options, world }) {
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const devices = await allItems(client, '/api/v1/devices');
    const nodes = devices.filter(({ roles }) => list(roles).includes('node'));
    if (options.json) return world.terminal.json(nodes);
    if (nodes.length === 0) return world.terminal.say('No nodes are paired.');
    world.terminal.result(nodesTable(nodes, Date.now()));
  },
};
