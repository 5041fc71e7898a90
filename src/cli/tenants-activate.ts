import { record } from './answers.js';
import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { tenantId } from './named-tenant.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
}

/** Lifts the suspension of a tenant. */
export const command: CommandFile<Options> = {
  examples: ['doorward tenants activate Acme'],

  describe(command) {
    command.argument('<tenant>', 'its name or id');
    addTargetOptions(command);
  },

  async run({ words, options, world }) {
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const id = await tenantId(client, words[0]!);
    const active = record(await client.patch(`/api/v1/tenants/${id}`, { status: 'active' }));
    if (options.json) world.terminal.json(active);
    else world.terminal.result(`${word(active['name'])} is active.`);
  },
};
