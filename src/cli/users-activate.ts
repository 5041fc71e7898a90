import { record } from './answers.js';
import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { addTenantOptions, type TenantOptions, tenantQuery } from './named-tenant.js';
import { namedUser, userPath } from './named-user.js';
import { findTarget, requireCredential } from './target.js';
import { word } from './terminal.js';

/** Lifts a suspension. The person signs in anew: what was ended stays ended. */
export const command: CommandFile<TenantOptions> = {
  examples: ['doorward users activate ana@example.com'],

  describe(command) {
    command.argument('<user>', 'the e-mail address or the id');
    addTenantOptions(command);
  },

  async run({ words, options, world }) {
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const query = await tenantQuery(client, options);
    const user = await namedUser(client, words[0]!, query);
    const active = record(await client.patch(userPath(user, query), { status: 'active' }));
    if (options.json) world.terminal.json(active);
    else world.terminal.result(`${word(active['email'])} is active.`);
  },
};
