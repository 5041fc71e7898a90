import { record } from './answers.js';
import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { tenantId } from './named-tenant.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
}

/** Gives a tenant another name. */
export const command: CommandFile<Options> = {
  examples: ['doorward tenants rename Acme "Acme Ltd"'],

  describe(command) {
    command
      .argument('<tenant>', 'its name or id; whoever is not of the house gives the id')
      .argument('<name>', 'the new name');
    addTargetOptions(command);
  },

  async run({ words, options, world }) {
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const id = await tenantId(client, words[0]!);
    const renamed = record(await client.patch(`/api/v1/tenants/${id}`, { name: words[1] }));
    if (options.json) world.terminal.json(renamed);
    else world.terminal.result(`Tenant ${word(renamed['id'])} is called ${word(renamed['name'])}.`);
  },
};
