import { CliError } from './cli-error.js';
import type { CommandFile } from './command.js';
import { addYesOption, confirmEnding, type EndingOptions } from './ending.js';
import { GatewayClient } from './gateway-client.js';
import { addTenantOptions, type TenantOptions, tenantQuery } from './named-tenant.js';
import { findUser, userPath } from './named-user.js';
import { allItems } from './pages.js';
import { findTarget, requireCredential } from './target.js';
import { word } from './terminal.js';

/** Takes a person out for good; of somebody who was only asked in, the invitation. */
export const command: CommandFile<TenantOptions & EndingOptions> = {
  examples: ['doorward users remove ana@example.com', 'doorward users remove ana@example.com --yes'],

  describe(command) {
    addYesOption(command.argument('<user>', 'the e-mail address or the id'));
    addTenantOptions(command);
  },

  async run({ words, options, world }) {
    const { terminal } = world;
    const name = words[0]!;
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const query = await tenantQuery(client, options);
    const user = await findUser(client, name, query);
    if (user) {
      const who = `${word(user['email'])} (${word(user['role'])})`;
      await confirmEnding(`Remove ${who} for good? All they hold ends at once.`, options, world);
      await client.delete(userPath(user, query));
      if (options.json) return terminal.json({ id: user['id'], removed: true });
      return terminal.result(`Removed ${word(user['email'])}.`);
    }

    const open = await allItems(client, `/api/v1/users/invitations${query}`);
    const invitation = open.find(({ email }) => email === name.toLowerCase());
    if (!invitation)
      throw new CliError(`no user has the address ${word(name)}`, { nextStep: 'See them with: doorward users list' });
    await client.delete(`/api/v1/users/invitations/${encodeURIComponent(String(invitation['id']))}${query}`);
    if (options.json) return terminal.json({ id: invitation['id'], revoked: true });
    terminal.result(`Took the invitation of ${word(invitation['email'])} back.`);
  },
};
