import type { Command } from 'commander';
import type { CommandFile } from './command.js';
import { chosen, type Noun, pendingRequests } from './device-request.js';
import { record } from './answers.js';
import { wrongUsage } from './cli-error.js';
import { GatewayClient } from './gateway-client.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions {
  readonly latest?: boolean;
  readonly json?: boolean;
}

/** `reject` of either group: final for the request; the device may ask again. */
export const rejecting = (noun: Noun): CommandFile<Options> => ({
  examples: [`doorward ${noun} reject 6d1f0f57-93f1-4f6a-8a35-0f6a1c1b2a77`, `doorward ${noun} reject --latest`],

  describe(command: Command) {
    command
      .argument('[requestId]', `the request, as doorward ${noun} ${noun === 'nodes' ? 'pending' : 'list'} shows it`)
      .option('--latest', 'the newest request');
    addTargetOptions(command);
  },

  async run({ words, options, world }) {
    if (words[0] === undefined && !options.latest)
      throw wrongUsage('which request?', `Name it: doorward ${noun} reject <requestId>, or take --latest.`);
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const request = chosen(await pendingRequests(client, noun), { requestId: words[0], latest: options.latest }, noun);
    const path = `/api/v1/devices/pending/${encodeURIComponent(String(request['requestId']))}/reject`;
    const rejected = record(await client.post(path, {}));
    if (options.json) world.terminal.json(rejected);
    else world.terminal.result(`Rejected ${word(rejected['deviceId'])} (${word(rejected['requestId'])})`);
  },
});
