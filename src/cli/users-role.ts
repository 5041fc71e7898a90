import { record } from './answers.js';
import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { addTenantOptions, type TenantOptions, tenantQuery } from './named-tenant.js';
import { namedUser, userPath } from './named-user.js';
import { findTarget, requireCredential } from './target.js';
import { word } from './terminal.js';

/** Gives a person another role. What they have open ends, and comes back with what they may do now. */
export const command: CommandFile<TenantOptions> = {
  examples: ['doorward users role ana@example.com admin'],

  describe(command) {
    command
      .argument('<user>', 'the e-mail address or the id')
      .argument('<role>', 'owner, admin, member or viewer; not above your own');
    addTenantOptions(command);
  },

  async run({ words, options, world }) {
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const query = await tenantQuery(client, options);
    const user = await namedUser(client, words[0]!, query);
    const changed = record(await client.patch(userPath(user, query), { role: words[1] }));
    if (options.json) world.terminal.json(changed);
    else
      world.terminal.result(`${word(changed['email'])} is ${word(changed['role'])} now (was ${word(user['role'])}).`);
  },
};
