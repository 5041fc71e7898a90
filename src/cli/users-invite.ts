import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { showInvitation } from './invitation.js';
import { addTenantOptions, type TenantOptions, tenantQuery } from './named-tenant.js';
import { findTarget, requireCredential } from './target.js';

interface Options extends TenantOptions {
  readonly role?: string;
}

/** Asks somebody in: prints the link (or the code) to hand over, alone on stdout. */
export const command: CommandFile<Options> = {
  examples: [
    'doorward users invite ana@example.com',
    'doorward users invite ana@example.com --role admin --json',
    'doorward users invite ana@acme.example --role owner --tenant Acme',
  ],

  describe(command) {
    command
      .argument('<email>', 'whom')
      .option('--role <role>', 'owner, admin, member or viewer; not above your own (member unless told)');
    addTenantOptions(command);
  },

  async run({ words, options, world }) {
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const path = `/api/v1/users/invitations${await tenantQuery(client, options)}`;
    const invitation = await client.post(path, { email: words[0], role: options.role });
    if (options.json) world.terminal.json(invitation);
    else showInvitation(invitation, world.terminal);
  },
};
