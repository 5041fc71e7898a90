import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { addTenantOptions, type TenantOptions, tenantQuery } from './named-tenant.js';
import { and } from './named-user.js';
import { allItems } from './pages.js';
import { findTarget, requireCredential } from './target.js';
import { invitationTable, userTable } from './user-tables.js';

interface Options extends TenantOptions {
  readonly role?: string;
  readonly status?: string;
  readonly search?: string;
  readonly invited?: boolean;
}

/** The people of a tenant, or those who are asked in and have not come yet. */
export const command: CommandFile<Options> = {
  examples: [
    'doorward users list',
    'doorward users list --role admin --status active',
    "doorward users list --json | jq -r '.[].email'",
    'doorward users list --invited',
  ],

  describe(command) {
    command
      .option('--role <role>', 'only these: owner, admin, member or viewer')
      .option('--status <status>', 'only these: active, suspended or deleted')
      .option('--search <text>', 'part of the e-mail address or of the name')
      .option('--invited', 'the open invitations instead');
    addTenantOptions(command);
  },

  async run({ options, world }) {
    const { terminal } = world;
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const query = await tenantQuery(client, options);
    if (options.invited) {
      const invitations = await allItems(client, `/api/v1/users/invitations${query}`);
      if (options.json) return terminal.json(invitations);
      if (invitations.length > 0) return terminal.result(invitationTable(invitations));
      return terminal.say('No open invitations. Ask somebody in with: doorward users invite <email>');
    }

    const { role, status, search: q } = options;
    const filters = Object.entries({ role, status, q }).filter(([, value]) => value !== undefined);
    const wanted = filters.reduce((path, [name, value]) => and(path, `${name}=${encodeURIComponent(value!)}`), query);
    const users = await allItems(client, `/api/v1/users${wanted}`);
    if (options.json) return terminal.json(users);
    if (users.length > 0) return terminal.result(userTable(users, Date.now()));
    terminal.say('Nobody. Ask somebody in with: doorward users invite <email>');
  },
};
