import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { addTenantOptions, type TenantOptions, tenantQuery } from './named-tenant.js';
import { namedUser } from './named-user.js';
import { findTarget, requireCredential } from './target.js';
import { word } from './terminal.js';

/** One person. */
export const command: CommandFile<TenantOptions> = {
  examples: ['doorward users show ana@example.com', 'doorward users show ana@example.com --json'],

  describe(command) {
    command.argument('<user>', 'the e-mail address or the id');
    addTenantOptions(command);
  },

  async run({ words, options, world }) {
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const user = await namedUser(client, words[0]!, await tenantQuery(client, options));
    if (options.json) return world.terminal.json(user);
    for (const [name, field] of LINES) world.terminal.result(`${name.padEnd(WIDTH)}${word(user[field]) || '-'}`);
  },
};

// prettier-ignore
const LINES = [
  ['ID',         'id'],
  ['E-mail',     'email'],
  ['Verified',   'emailVerified'],
  ['Name',       'displayName'],
  ['Role',       'role'],
  ['Status',     'status'],
  ['Tenant',     'tenantId'],
  ['Created',    'createdAt'],
  ['Signed in',  'signedInAt'],
] as const;

const WIDTH = 12;
