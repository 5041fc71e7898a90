import { record } from './answers.js';
import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { addTenantOptions, type TenantOptions, tenantQuery } from './named-tenant.js';
import { findTarget, requireCredential } from './target.js';
import { word } from './terminal.js';

interface Options extends TenantOptions {
  readonly role?: string;
  readonly name?: string;
}

/** Writes a person down without an invitation: for whoever signs in through a provider, or only holds tokens. */
export const command: CommandFile<Options> = {
  examples: ['doorward users create ana@example.com --role member --name Ana'],

  describe(command) {
    command
      .argument('<email>', 'whom')
      .option('--role <role>', 'owner, admin, member or viewer; not above your own (member unless told)')
      .option('--name <text>', 'the name that people see');
    addTenantOptions(command);
  },

  async run({ words, options, world }) {
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const body = { email: words[0], role: options.role, displayName: options.name };
    const user = record(await client.post(`/api/v1/users${await tenantQuery(client, options)}`, body));
    if (options.json) return world.terminal.json(user);
    world.terminal.result(`Created ${word(user['email'])} as ${word(user['role'])} (${word(user['id'])})`);
    world.terminal.say('They have no password: they sign in through a provider, or after a reset by mail.');
  },
};
