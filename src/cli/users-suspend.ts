import { record } from './answers.js';
import type { CommandFile } from './command.js';
import { addYesOption, confirmEnding, type EndingOptions } from './ending.js';
import { GatewayClient } from './gateway-client.js';
import { addTenantOptions, type TenantOptions, tenantQuery } from './named-tenant.js';
import { namedUser, userPath } from './named-user.js';
import { findTarget, requireCredential } from './target.js';
import { word } from './terminal.js';

/** Keeps a person out: sign-ins, tokens and sockets end at once, everywhere. */
export const command: CommandFile<TenantOptions & EndingOptions> = {
  examples: ['doorward users suspend ana@example.com', 'doorward users suspend ana@example.com --yes --json'],

  describe(command) {
    addYesOption(command.argument('<user>', 'the e-mail address or the id'));
    addTenantOptions(command);
  },

  async run({ words, options, world }) {
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const query = await tenantQuery(client, options);
    const user = await namedUser(client, words[0]!, query);
    const who = `${word(user['email'])} (${word(user['role'])})`;
    await confirmEnding(`Suspend ${who}? Their sign-ins and tokens end at once.`, options, world);
    const suspended = record(await client.patch(userPath(user, query), { status: 'suspended' }));
    if (options.json) return world.terminal.json(suspended);
    world.terminal.result(`${word(suspended['email'])} is suspended.`);
    world.terminal.say(`Let them in again with: doorward users activate ${word(suspended['email'])}`);
  },
};
