import { record } from './answers.js';
import type { CommandFile } from './command.js';
import { addYesOption, confirmEnding, type EndingOptions } from './ending.js';
import { GatewayClient } from './gateway-client.js';
import { tenantId } from './named-tenant.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions, EndingOptions {
  readonly json?: boolean;
}

/** Keeps a whole tenant out: people, devices and machines, at once and everywhere. Nothing is lost by it. */
export const command: CommandFile<Options> = {
  examples: ['doorward tenants suspend Acme', 'doorward tenants suspend Acme --yes'],

  describe(command) {
    addYesOption(command.argument('<tenant>', 'its name or id'));
    addTargetOptions(command);
  },

  async run({ words, options, world }) {
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const path = `/api/v1/tenants/${await tenantId(client, words[0]!)}`;
    const { name, users } = record(await client.get(path));
    await confirmEnding(
      `Suspend ${word(name)} with its ${word(users)} people? All that is open of it ends.`,
      options,
      world,
    );
    const suspended = record(await client.patch(path, { status: 'suspended' }));
    if (options.json) return world.terminal.json(suspended);
    world.terminal.result(`${word(suspended['name'])} is suspended.`);
    world.terminal.say(`Let it in again with: doorward tenants activate ${word(suspended['id'])}`);
  },
};
